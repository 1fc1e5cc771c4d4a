//! Plans as pictures, without a program that lays out graphs: few users have one.

mod dot;
mod svg;
