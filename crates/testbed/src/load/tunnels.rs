//! A client that keeps one tunnel open, and counts what comes through it.

use std::sync::Arc;

use anyhow::{Result, ensure};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::target::{self, HELLO};
use super::{Failure, Shared, patient};
use crate::client::Client;
use crate::wire::Wire;

/// Opens a tunnel, and the next one when it is old. One that breaks is not replaced.
pub(super) async fn keep_one(shared: Arc<Shared>, end: CancellationToken) {
    while !end.is_cancelled() {
        let started = Instant::now();
        let client = match open(&shared).await {
            Ok(client) => client,
            Err(why) => return shared.report.lock().failed(started, &why),
        };
        shared.report.lock().tunnels_opened += 1;
        if let Err(why) = stream(&shared, client, &end).await {
            return shared.report.lock().broken.push(Failure::now(started, &why));
        }
        shared.report.lock().tunnels_whole += 1;
    }
}

async fn open(shared: &Shared) -> Result<Client> {
    let mut client = patient(shared.proxy).await?;
    let opened = client.tunnel(&shared.target.address().to_string(), &shared.fields).await?;
    ensure!(opened.status() == 200, "CONNECT: {} {}", opened.status(), opened.text());
    Ok(client)
}

/// Numbers both ways for the life of a tunnel; then this end says its last one first.
async fn stream(shared: &Shared, client: Client, end: &CancellationToken) -> Result<()> {
    let Wire { mut reader, mut writer } = client.wire;
    writer.send(HELLO).await?;
    let stop = end.child_token();
    let age = async {
        if let Some(life) = shared.plan.tunnel_life {
            stop.run_until_cancelled(tokio::time::sleep(life)).await;
            stop.cancel();
        }
        anyhow::Ok(())
    };
    let (said, heard) =
        (target::say(&mut writer, &stop), target::hear(&mut reader, &shared.report));
    tokio::try_join!(age, said, heard).map(drop)
}
