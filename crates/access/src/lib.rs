//! Who may do what: access keys, what their signatures and sessions prove, and what their policies allow.
//!
//! Without any key everybody is taken for the owner of an account; [`origin`] then keeps pages of other origins, which
//! a browser on this machine may show, from being taken for anybody.
//!
//! - [`pattern`]: texts with `*` and `?`.
//! - [`policy`]: statements as IAM has them, and what they decide.
//! - [`key`]: access keys, and what may be done with each.
//! - [`proof`]: who sent a request, by its signature.
//! - [`session`]: who has signed in, in a browser.
//! - [`attempts`]: how often somebody may try to.
//! - [`origin`]: which pages may ask.

pub mod attempts;
pub mod key;
pub mod origin;
pub mod pattern;
pub mod policy;
pub mod proof;
pub mod session;

pub use attempts::Attempts;
pub use key::{BadKey, Key, Keys};
pub use origin::{Asking, Origins};
pub use policy::{BadPolicy, Decision, Policy, PolicyDocument};
pub use proof::{Code, Refusal};
pub use session::{Session, Sessions, Ticket};
