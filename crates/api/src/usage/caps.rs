//! Prices and caps, as clients see them.

use model::spending::{Cap, Prices};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::check::Check;

/// Caps of one project or connector at most.
const MOST_CAPS: usize = 8;

/// At most so much of something in a period.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct CapSettings {
    /// `bytes` (both ways together), `requests` or `cost`.
    measure: String,
    /// How much: bytes, requests, or 10^-6 of the currency. 1 and more.
    limit: u64,
    /// `day`, `week` (from Monday) or `month`, by the calendar of UTC.
    #[serde(default = "month")]
    period: String,
    /// What happens once it is reached: it is shown (`alert`), new requests are refused, too
    /// (`block`), and tunnels under way are ended, too (`interrupt`).
    #[serde(default = "alert")]
    action: String,
    /// What refused clients are answered: 509 or 429.
    #[serde(default = "bandwidth_limit_exceeded")]
    status: u16,
}

/// What traffic and proxies cost, in 10^-6 of the currency that you reckon in.
#[derive(Debug, Clone, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PriceSettings {
    /// 10^9 bytes, both ways together.
    #[serde(default, rename = "per_gb_micros")]
    gb: u64,
    /// A request; each attempt counts.
    #[serde(default, rename = "per_request_micros")]
    request: u64,
    /// A proxy that is enabled, for a month of the calendar of UTC: charged by the minute, for the part
    /// of the month that it was.
    #[serde(default, rename = "per_proxy_month_micros")]
    proxy_month: u64,
}

fn month() -> String {
    "month".to_owned()
}
fn alert() -> String {
    "alert".to_owned()
}
fn bandwidth_limit_exceeded() -> u16 {
    509
}

impl From<Cap> for CapSettings {
    fn from(cap: Cap) -> Self {
        Self {
            measure: cap.measure.to_string(),
            limit: cap.limit,
            period: cap.period.to_string(),
            action: cap.action.to_string(),
            status: cap.status,
        }
    }
}

impl From<Prices> for PriceSettings {
    fn from(prices: Prices) -> Self {
        Self { gb: prices.per_gb, request: prices.per_request, proxy_month: prices.per_proxy_month }
    }
}

/// Checks the field `caps`.
pub(crate) fn checked(caps: Vec<CapSettings>, check: &mut Check) -> Vec<Cap> {
    check.count("caps", caps.len(), MOST_CAPS);
    let caps = caps.into_iter().enumerate();
    caps.filter_map(|(at, cap)| cap.checked(&format!("caps/{at}"), check)).collect()
}

impl CapSettings {
    fn checked(self, field: &str, check: &mut Check) -> Option<Cap> {
        // What no database can count to is no limit.
        check.range(&format!("{field}/limit"), self.limit, (1, 1 << 62));
        if ![429, 509].contains(&self.status) {
            check.fail(&format!("{field}/status"), "must be 509 or 429");
        }
        let measure = check.parse(&format!("{field}/measure"), &self.measure);
        let period = check.parse(&format!("{field}/period"), &self.period);
        let action = check.parse(&format!("{field}/action"), &self.action);
        let (limit, status) = (self.limit, self.status);
        Some(Cap { measure: measure?, limit, period: period?, action: action?, status })
    }
}

impl PriceSettings {
    /// Checks the field `prices`.
    pub(crate) fn checked(&self, check: &mut Check) -> Prices {
        let most = 1_000_000_000_000_u64;
        check.range("prices/per_gb_micros", self.gb, (0, most));
        check.range("prices/per_request_micros", self.request, (0, most));
        check.range("prices/per_proxy_month_micros", self.proxy_month, (0, most));
        Prices { per_gb: self.gb, per_request: self.request, per_proxy_month: self.proxy_month }
    }
}
