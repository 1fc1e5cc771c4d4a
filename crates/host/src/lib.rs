//! Lanes inside this process: loads them, and enters them through gates.
