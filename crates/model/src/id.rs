//! Typed identifiers, one per noun, so that a proxy can never be passed for a project.

use uuid::Uuid;

macro_rules! ids {
    ($( $(#[$meta:meta])* $name:ident, )+) => { $(
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $name(Uuid);

        impl $name {
            /// A new identifier. Version 7: later ones sort after earlier ones, which keeps the
            /// primary-key index of a bulk insert dense.
            #[must_use]
            pub fn new() -> Self {
                Self(Uuid::now_v7())
            }

            /// The identifier behind the type.
            #[must_use]
            pub const fn uuid(self) -> Uuid {
                self.0
            }
        }

        impl Default for $name {
            fn default() -> Self {
                Self::new()
            }
        }

        impl From<Uuid> for $name {
            fn from(uuid: Uuid) -> Self {
                Self(uuid)
            }
        }

        impl std::str::FromStr for $name {
            type Err = uuid::Error;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                text.parse().map(Self)
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                self.0.fmt(f)
            }
        }
    )+ };
}

ids! {
    /// Identifies a [`Project`](crate::Project).
    ProjectId,
    /// Identifies a [`Credential`](crate::Credential).
    CredentialId,
    /// Identifies a [`Connector`](crate::Connector).
    ConnectorId,
    /// Identifies a [`Proxy`](crate::Proxy).
    ProxyId,
    /// Identifies a [`User`](crate::User).
    UserId,
    /// Identifies an [`ApiKey`](crate::ApiKey).
    ApiKeyId,
    /// Identifies an [`Alert`](crate::Alert).
    AlertId,
    /// Identifies a [`Webhook`](crate::Webhook).
    WebhookId,
    /// Identifies a [`Delivery`](crate::webhook::Delivery).
    DeliveryId,
}
