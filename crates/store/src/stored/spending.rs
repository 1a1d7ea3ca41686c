//! Prices and caps, as `spec` columns have them.

use model::spending::{Cap, Prices};
use serde::{Deserialize, Serialize};

use super::parse;
use crate::error::StoreError;

#[derive(Serialize, Deserialize)]
pub(crate) struct StoredCap {
    measure: String,
    limit: u64,
    period: String,
    action: String,
    status: u16,
}

#[derive(Default, Serialize, Deserialize)]
pub(crate) struct StoredPrices {
    #[serde(rename = "per_gb_micros")]
    gb: u64,
    #[serde(rename = "per_request_micros")]
    request: u64,
    #[serde(rename = "per_proxy_month_micros")]
    proxy_month: u64,
}

impl From<&Cap> for StoredCap {
    fn from(cap: &Cap) -> Self {
        Self {
            measure: cap.measure.to_string(),
            limit: cap.limit,
            period: cap.period.to_string(),
            action: cap.action.to_string(),
            status: cap.status,
        }
    }
}

impl StoredCap {
    pub(crate) fn complete(self) -> Result<Cap, StoreError> {
        Ok(Cap {
            measure: parse("cap", &self.measure)?,
            limit: self.limit,
            period: parse("cap", &self.period)?,
            action: parse("cap", &self.action)?,
            status: self.status,
        })
    }
}

impl From<Prices> for StoredPrices {
    fn from(prices: Prices) -> Self {
        Self { gb: prices.per_gb, request: prices.per_request, proxy_month: prices.per_proxy_month }
    }
}

impl StoredPrices {
    pub(crate) fn complete(self) -> Prices {
        Prices { per_gb: self.gb, per_request: self.request, per_proxy_month: self.proxy_month }
    }
}
