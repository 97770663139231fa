//! Thinking, also called reasoning: what the request wants, and in which form a model takes it.

mod ask;
mod conflict;
mod effort;
mod family;
mod history;
mod settings;
mod shape;
mod signature;
mod tool_loop;

pub(super) use conflict::{R1, R2, R2B, R3, R4, R5, R6, R7, R22, R23, nova_thinks_hard};
pub(super) use effort::{R13, R14, R15, R16, R17, R18, R19, R25};
pub(super) use family::R24;
pub(super) use history::{R20, R21, R26, R27, R31};
pub(super) use settings::{add_beta, has_beta};
pub(super) use shape::{R8, R9, R10, R11, R12};
pub(super) use signature::{R28, R29};
pub(super) use tool_loop::R30;
