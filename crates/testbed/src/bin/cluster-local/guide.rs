//! What a person can do with the cluster, as commands to copy.

use std::fmt::Write as _;
use std::net::SocketAddr;
use std::path::Path;

use anyhow::Result;
use testbed::cluster::{self, Cluster};
use testbed::node::ADMIN;

use crate::DEMO;

/// The text that is printed once everything is up.
pub(crate) fn text(cluster: &Cluster, password: &str, target: SocketAddr) -> Result<String> {
    let fronts = cluster.haproxy.fronts();
    let (proxy, api, stats) = (fronts.proxy, fronts.api, fronts.stats);
    let mut text = format!(
        "Three nodes are up as one proxy. Each takes the exits in turn:\n\n    \
         for i in 1 2 3 4 5 6 7 8 9; do curl -x http://demo:{DEMO}@{proxy} http://{target}/; done\n\n\
         The same exit for a session, and a tunnel:\n\n    \
         curl -x http://demo-session-abc:{DEMO}@{proxy} http://{target}/\n    \
         curl -p -x http://demo:{DEMO}@{proxy} http://{target}/\n\n\
         API       http://{api}/api/docs   {} / {password}\n\
         HAProxy   http://{stats}/stats\n\n",
        ADMIN.0
    );
    text += &processes(cluster)?;
    text += &runbook(cluster, password)?;
    text += "\nCtrl-C ends all of it; nothing is kept, logs included.";
    Ok(text)
}

fn processes(cluster: &Cluster) -> Result<String> {
    let mut text = format!("{:<10}{:>8}  {:<26}{:<26}log\n", "", "pid", "proxy", "api");
    let mut line = |name: &str, id: u32, doors: [String; 2], log: &Path| {
        let [proxy, api] = doors;
        // Writing to a string cannot fail.
        let _infallible =
            writeln!(text, "{name:<10}{id:>8}  {proxy:<26}{api:<26}{}", log.display());
    };
    for (place, node) in cluster.nodes.iter().enumerate() {
        let doors = [node.proxy(), node.api()].map(|door| door.to_string());
        line(&cluster::name(place), node.process.id()?, doors, node.process.log_file());
    }
    let fronts = cluster.haproxy.fronts();
    let doors = [fronts.proxy, fronts.api].map(|door| door.to_string());
    let process = &cluster.haproxy.process;
    line("haproxy", process.id()?, doors, process.log_file());
    let process = &cluster.redis.process;
    let doors = [cluster.redis.address().to_string(), String::new()];
    line("redis", process.id()?, doors, process.log_file());
    Ok(text)
}

fn runbook(cluster: &Cluster, password: &str) -> Result<String> {
    let redis = &cluster.redis;
    let (host, port) = (redis.address().ip(), redis.address().port());
    let fronts = cluster.haproxy.fronts();
    let (api, stats) = (fronts.api, fronts.stats);
    let login = format!("{{\"username\":\"{}\",\"password\":\"{password}\"}}", ADMIN.0);
    let folder = cluster.postgres.folder().display();
    let node = cluster.nodes[0].process.id()?;
    Ok(format!(
        "\nWho is a member, who holds which lease, whom HAProxy sends clients to:\n\n    \
         export REDISCLI_AUTH={}\n    \
         r() {{ redis-cli -h {host} -p {port} \"$@\"; }}\n    \
         r --scan --pattern 'instance_registry:*'\n    \
         for key in $(r --scan --pattern 'lease:*'); do echo \"$key $(r GET $key) $(r PTTL $key) ms\"; done\n    \
         curl -s 'http://{stats}/stats;csv' | cut -d, -f1,2,18\n    \
         psql -h {folder} -U postgres -c 'TABLE lease'    # who wrote, under which epoch\n    \
         token=$(curl -s http://{api}/api/v1/auth/login -H 'Content-Type: application/json' -d '{login}' | jq -r .access_token)\n    \
         curl -s -H \"Authorization: Bearer $token\" http://{api}/api/v1/cluster | jq '{{coordination, members, leases}}'\n\n\
         Failover: kill the node that holds the leases while the loop above runs. Another holds them\n\
         within 6 s, under the next epoch; the dead one is no member any more after 12 s, and HAProxy\n\
         sends it nobody from the first second on. It is started again after 10 s.\n\n    \
         kill -9 {node}        # or -TERM: it drains first; or -STOP, and -CONT later\n",
        redis.password()
    ))
}
