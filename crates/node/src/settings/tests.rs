//! The settings as a whole: precedence, mistakes, secrets, and the example file.

use std::fmt::Write;
use std::path::Path;

use super::kind::{Action, Setting};
use super::table::{self, CONFIG, SECTIONS};
use super::*;

const KEY: &str = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f";

/// Reads as `octoprox` would in a folder without files.
fn load(line: &str, environment: &[(&str, &str)]) -> Result<Loaded, Mistakes> {
    load_in(line, environment, &[])
}

fn load_in(line: &str, environment: &[(&str, &str)], places: &[&str]) -> Result<Loaded, Mistakes> {
    let words = ["octoprox"].into_iter().chain(line.split_whitespace());
    let matches = command().try_get_matches_from(words).unwrap();
    let owned = |(name, text): &(&str, &str)| ((*name).to_owned(), (*text).to_owned());
    read_with(&matches, environment.iter().map(owned), places)
}

/// The lines of what is wrong, which must be something.
fn wrong(line: &str, environment: &[(&str, &str)]) -> Vec<String> {
    let mistakes = load(line, environment).unwrap_err();
    mistakes.to_string().lines().map(str::to_owned).collect()
}

fn write(folder: &Path, name: &str, text: &str) -> String {
    let path = folder.join(name);
    std::fs::write(&path, text).unwrap();
    path.to_str().unwrap().to_owned()
}

#[test]
fn the_command_line_is_sound() {
    command().debug_assert();
    assert!(read(&command().get_matches_from(["octoprox", "version"]), environment()).is_err());
}

#[test]
fn without_anything_set_the_defaults_hold() {
    let loaded = load("serve", &[]).unwrap();
    let settings = loaded.settings;
    assert_eq!(loaded.warnings, [""; 0]);
    assert_eq!(settings.listen.proxy.to_string(), "0.0.0.0:8080");
    assert_eq!(settings.listen.api.to_string(), "0.0.0.0:8000");
    assert_eq!(settings.listen.public_url(8001), "http://localhost:8001");
    assert_eq!(settings.instance_id.parse::<uuid::Uuid>().unwrap().get_version_num(), 7);
    assert_eq!(settings.database.url.expose(), "sqlite://./data/octoprox.db");
    assert_eq!(settings.keys.secret_key, SecretKey::ToBeMade("./data/secret.key".into()));
    assert!(settings.keys.jwt_secret.is_none() && settings.auth.password.is_none());
    assert_eq!((settings.auth.username.as_str(), settings.log.format), ("admin", LogFormat::Json));
    assert_eq!(settings.drain.timeout, Duration::from_mins(5));
    assert!((1..=256).contains(&settings.size.threads));
    assert!(settings.tls.is_none() && settings.exit.is_none());
    // The table repeats these; they must not drift apart.
    assert_eq!(format!("{:?}", settings.relay), format!("{:?}", relay::Settings::default()));
    let store = store::Settings::new("");
    let pool = (settings.database.pool_size, settings.database.acquire_timeout);
    assert_eq!(pool, (store.pool_size, store.acquire_timeout));
}

#[test]
fn flags_go_before_the_environment_before_the_file_before_defaults() {
    let folder = tempfile::tempdir().unwrap();
    let file = write(folder.path(), "a.yaml", "proxy_port: 1\nkeep_alive: 1m\nthreads: 3\n");
    let variables = [("OCTOPROX_CONFIG", file.as_str()), ("OCTOPROX_PROXY_PORT", "2")];
    let port = |line: &str, variables: &[(&str, &str)]| {
        load(line, variables).unwrap().settings.listen.proxy.port()
    };
    assert_eq!(port("serve", &[]), 8080);
    assert_eq!(port("serve", &variables[..1]), 1);
    assert_eq!(port("serve", &variables), 2);
    assert_eq!(port("serve --proxy-port 3", &variables), 3);
    assert_eq!(port("serve", &[variables[0], ("OCTOPROX_PROXY_PORT", "")]), 1);
    let settings = load("serve --api-port 9", &variables).unwrap().settings;
    assert_eq!((settings.size.threads, settings.relay.keep_alive), (3, Duration::from_mins(1)));
}

#[test]
fn the_file_is_the_named_one_or_the_first_that_is_there() {
    let folder = tempfile::tempdir().unwrap();
    let [a, b, c] = ["1", "2", "3"].map(|port| {
        write(folder.path(), &format!("{port}.yaml"), &format!("proxy_port: {port}\n"))
    });
    let places = ["/nowhere/octoprox.yaml", a.as_str(), b.as_str()];
    let port = |line: &str, variables: &[(&str, &str)]| {
        load_in(line, variables, &places).unwrap().settings.listen.proxy.port()
    };
    assert_eq!(port("serve", &[]), 1);
    assert_eq!(port("serve", &[("OCTOPROX_CONFIG", &b)]), 2);
    assert_eq!(port(&format!("serve --config {c}"), &[("OCTOPROX_CONFIG", &b)]), 3);
    assert_eq!(port(&format!("check {c}"), &[("OCTOPROX_CONFIG", &b)]), 3);
}

#[test]
fn all_mistakes_are_reported_at_once_each_with_its_source() {
    let folder = tempfile::tempdir().unwrap();
    let text = "# a comment\nproxy_prot: 1\nkeep_alive: soon\nlogin_failures: [1]\n\
                keep_alive: 1s\nallowed_hosts: [a, http://b]\ndatabase_url: mysql://x:hunter2@y\n\
                data_dir:\n  nested: 1\n";
    let file = write(folder.path(), "octoprox.yaml", text);
    let variables = [
        ("OCTOPROX_CONFIG", file.as_str()),
        ("OCTOPROX_API_PORT", "99999"),
        ("OCTOPROX_AUTH_PASSWORD", "hunter2"),
        ("OCTOPROX_ROLE", "wroker"),
        ("OCTOPROX_TLS_KEY_FILE", "/nowhere/key.pem"),
    ];
    let lines = wrong(
        "serve --theads 4 --proxy-port x --log-level verbose --exit-listen a:1 stray",
        &variables,
    );
    let expected = [
        "flag --theads: unknown; did you mean --threads?",
        "flag --exit-listen: not read by octoprox serve",
        "command line: arguments that belong to no flag: 1",
        "octoprox.yaml line 9: data_dir: expected a value or a list of values, without tags and aliases",
        "octoprox.yaml line 2, proxy_prot: unknown; did you mean proxy_port?",
        "octoprox.yaml line 4, login_failures: expected a whole number from 1 to 1000000, found a list",
        "octoprox.yaml line 5, keep_alive: set on line 3 already",
        "environment OCTOPROX_ROLE: expected one of all, control, data, worker, found \"wroker\"",
        "flag --proxy-port: expected a whole number from 0 to 65535, found \"x\"",
        "environment OCTOPROX_API_PORT: expected a whole number from 0 to 65535, found \"99999\"",
        "octoprox.yaml line 6, allowed_hosts: expected a list, each item a host name or IP address, \
         without a path, found \"http://b\"",
        "octoprox.yaml line 7, database_url: expected a sqlite:// or postgres:// URL",
        "environment OCTOPROX_AUTH_PASSWORD: expected at least 12 characters that are published nowhere",
        "flag --log-level: expected a level (error, warn, info, debug, trace) or filters such as \
         info,relay=debug, found \"verbose\"",
        "environment OCTOPROX_TLS_KEY_FILE: /nowhere/key.pem: cannot be read: No such file or \
         directory (os error 2)",
    ];
    assert_eq!(lines, expected);
}

#[test]
fn neither_messages_nor_debug_output_show_a_secret() {
    const SECRET: &str = "hunter2-hunter2-hunter2-hunter2-hunter2";
    let complete = [
        ("OCTOPROX_JWT_SECRET", SECRET),
        ("OCTOPROX_AUTH_PASSWORD", SECRET),
        ("OCTOPROX_EXIT_PASSWORD", SECRET),
        ("OCTOPROX_EXIT_USERNAME", "exit"),
        ("OCTOPROX_DB_PASSWORD", SECRET),
        ("OCTOPROX_DB_HOST", "db"),
        ("OCTOPROX_SECRET_KEY", KEY),
    ];
    let shown = format!("{:?}", load("check", &complete).unwrap());
    assert!(!shown.contains("hunter2") && !shown.contains("00, 1, 2"), "{shown}");

    let folder = tempfile::tempdir().unwrap();
    let secrets = table::all().filter(|setting| setting.is_secret());
    let text = secrets.fold(String::new(), |text, setting| text + setting.name + ": [hunter2]\n");
    let file = write(folder.path(), "octoprox.yaml", &text);
    let line =
        format!("check {file} --auth-pasword=hunter2 --jwt-secrt hunter2 hunter2 --db-host h");
    let variables = [
        ("OCTOPROX_SECRET_KEY", "hunter2"),
        ("OCTOPROX_JWT_SECRET", "hunter2"),
        ("OCTOPROX_AUTH_PASSWORD", "changeme-hunter2"),
        ("OCTOPROX_EXIT_PASSWORD", "hunter2"),
        ("OCTOPROX_DATABASE_URL", "hunter2://"),
        ("OCTOPROX_AUTH_PASWORD", "hunter2"),
    ];
    let lines = wrong(&line, &variables).join("\n");
    assert!(lines.lines().count() >= 12 && !lines.contains("hunter2"), "{lines}");
}

#[test]
fn published_and_short_secrets_are_refused() {
    let published = "is a published default or made of such words; make one up";
    let cases = [
        ("OCTOPROX_AUTH_PASSWORD", "octoprox-admin"),
        ("OCTOPROX_JWT_SECRET", "change-me-in-production-0123456789"),
    ];
    for (name, text) in cases {
        assert_eq!(wrong("serve", &[(name, text)]), [format!("environment {name}: {published}")]);
    }
    let lines = wrong("serve", &[("OCTOPROX_JWT_SECRET", "change-me-in-production")]);
    assert_eq!(lines.len(), 2, "{lines:?}");
}

#[test]
fn the_database_is_a_url_or_its_parts_but_not_both() {
    let url = |variables: &[(&str, &str)]| {
        let url = load("serve", variables).unwrap().settings.database.url;
        url.expose().to_owned()
    };
    let parts =
        [("OCTOPROX_DB_HOST", "db"), ("OCTOPROX_DB_PASSWORD", "a@b/c"), ("OCTOPROX_DB_USER", "me")];
    assert_eq!(url(&parts), "postgres://me:a%40b%2Fc@db:5432/octoprox");
    assert_eq!(url(&[("OCTOPROX_DATABASE_URL", "postgres://x/y")]), "postgres://x/y");
    assert_eq!(
        url(&[("OCTOPROX_DATA_DIR", "/var/lib/o p")]),
        "sqlite:///var/lib/o%20p/octoprox.db"
    );
    let both = [("OCTOPROX_DATABASE_URL", "postgres://x/y"), parts[0]];
    let expected = "environment OCTOPROX_DATABASE_URL: set together with db_host; set one of them";
    assert_eq!(wrong("serve", &both), [expected]);
    let expected = "environment OCTOPROX_DB_USER: not used, because db_host is not set";
    assert_eq!(load("serve", &parts[2..]).unwrap().warnings, [expected]);
}

#[test]
fn a_node_is_alone_unless_redis_is_named() {
    let redis = |variables: &[(&str, &str)]| load("serve", variables).unwrap().settings.redis_url;
    assert!(redis(&[]).is_none());
    let given = [("OCTOPROX_REDIS_URL", "rediss://node:hunter2@redis.example:6380/0")];
    for url in [given[0].1, "rediss+sentinel://u:p@a,b/mymaster"] {
        assert_eq!(redis(&[("OCTOPROX_REDIS_URL", url)]).unwrap().expose(), url);
    }
    let shown = format!("{:?}", load("serve", &given).unwrap());
    assert!(!shown.contains("hunter2"), "{shown}");
    let cases = [
        ("hunter2", "has no scheme such as redis://"),
        (
            "http://:hunter2@redis",
            "begins with none of redis://, rediss://, redis+sentinel://, rediss+sentinel://",
        ),
        ("redis://:hunter2@:6379", "names no host"),
    ];
    for (url, what) in cases {
        let lines = wrong("serve", &[("OCTOPROX_REDIS_URL", url)]);
        assert_eq!(lines, [format!("environment OCTOPROX_REDIS_URL: {what}")]);
    }
}

#[test]
fn the_key_comes_from_its_text_or_its_file_but_not_both() {
    let folder = tempfile::tempdir().unwrap();
    let file = write(folder.path(), "secret.key", KEY);
    let key = |line: &str| load(line, &[]).unwrap().settings.keys.secret_key;
    let given = key(&format!("serve --secret-key {KEY}"));
    assert_eq!(given.load().unwrap().bytes()[..3], [0, 1, 2]);
    let both = format!("serve --secret-key {KEY} --secret-key-file {file}");
    assert_eq!(
        wrong(&both, &[]),
        ["flag --secret-key: set together with secret_key_file; set one of them"]
    );
    let by_file = format!("serve --secret-key-file {file}");
    let lines = wrong(&by_file, &[]);
    assert!(lines[0].ends_with("others may use it (mode 644); chmod 600 it"), "{lines:?}");
    std::fs::set_permissions(&file, std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
    assert_eq!(key(&by_file), given);
    assert_eq!(key(&format!("serve --data-dir {}", folder.path().display())), given);
}

#[test]
fn each_role_has_settings_that_it_needs_or_cannot_use() {
    let control = "http://control-1:8000/,https://control.example/octoprox";
    let data = [
        ("OCTOPROX_ROLE", "data"),
        ("OCTOPROX_CONTROL_URL", control),
        ("OCTOPROX_SECRET_KEY", KEY),
        ("OCTOPROX_DATABASE_URL", "postgres://x/y"),
    ];
    let loaded = load("serve", &data[..3]).unwrap();
    assert_eq!((loaded.settings.role, loaded.warnings), (Role::Data, vec![]));
    let expected = ["http://control-1:8000", "https://control.example/octoprox"];
    assert_eq!(loaded.settings.control_urls, expected);
    let warnings = load("serve", &data).unwrap().warnings;
    let expected = "environment OCTOPROX_DATABASE_URL: not used, because the role is data";
    assert_eq!(warnings, [expected]);
    for action in ["serve", "check"] {
        let lines = wrong(action, &[data[0], data[2]]);
        let expected = "control_url: must be set \
             (flag --control-url, environment OCTOPROX_CONTROL_URL)";
        assert_eq!(lines, [expected]);
        let lines = wrong(action, &data[..2]);
        assert!(lines.len() == 1 && lines[0].starts_with("secret_key: must be that"), "{lines:?}");
        for role in ["all", "control", "worker"] {
            let lines = wrong(action, &[data[1], ("OCTOPROX_ROLE", role)]);
            let what = format!("only a data node asks others; role is {role}");
            assert_eq!(lines, [format!("environment OCTOPROX_CONTROL_URL: {what}")]);
        }
    }
    let lines = wrong("serve", &[data[0], ("OCTOPROX_CONTROL_URL", "control:8000"), data[2]]);
    assert!(lines[0].ends_with("found \"control:8000\""), "{lines:?}");
}

#[test]
fn settings_that_do_not_go_together_are_refused() {
    let here = Path::new(env!("CARGO_MANIFEST_DIR")).join("Cargo.toml");
    let lines = wrong(&format!("serve --tls-cert-file {}", here.display()), &[]);
    assert_eq!(lines, ["flag --tls-cert-file: set without tls_key_file"]);
    let both = format!("serve --tls-cert-file {0} --tls-key-file {0}", here.display());
    assert_eq!(load(&both, &[]).unwrap().settings.tls.unwrap().key, here);
    let lines = wrong(&format!("serve --ca-key-file {}", here.display()), &[]);
    assert_eq!(lines, ["flag --ca-key-file: set without ca_certificate_file"]);
    let lines = wrong("serve --api-port 8080", &[]);
    assert_eq!(lines, ["flag --api-port: is the port of the proxy too; set another one"]);
    load("serve --host 127.0.0.1 --api-host 127.0.0.2 --api-port 8080", &[]).unwrap();
    load("serve --proxy-port 0 --api-port 0", &[]).unwrap();
}

#[test]
fn unknown_variables_and_those_of_kubernetes_are_warnings() {
    let variables = [
        ("OCTOPROX_SERVICE_HOST", "10.0.0.1"),
        ("OCTOPROX_PROXY_PORT", "tcp://10.0.0.1:80"),
        ("OCTOPROX_PROXY_PRT", "1"),
        ("PATH", "/bin"),
    ];
    let loaded = load("serve", &variables).unwrap();
    assert_eq!(loaded.settings.listen.proxy.port(), 8080);
    let expected = [
        "environment OCTOPROX_PROXY_PORT: not used; it looks as if Kubernetes had set it for a \
         service of that name (enableServiceLinks)",
        "environment OCTOPROX_PROXY_PRT: unknown, not used; did you mean OCTOPROX_PROXY_PORT?",
        "environment OCTOPROX_SERVICE_HOST: unknown, not used",
    ];
    assert_eq!(loaded.warnings, expected);
}

#[test]
fn an_exit_needs_a_login_and_reads_nothing_of_a_node() {
    let lines = wrong("exit", &[("OCTOPROX_AUTH_PASSWORD", "admin"), ("OCTOPROX_PROXY_PORT", "x")]);
    let expected = ["exit_username", "exit_password"].map(|name| {
        let (flag, variable) = (name.replace('_', "-"), name.to_uppercase());
        format!("{name}: must be set (flag --{flag}, environment OCTOPROX_{variable})")
    });
    assert_eq!(lines, expected);
    let line = "exit --exit-username me --exit-password tunafish9 --exit-connect-ports 80,443 \
                --exit-connect-ports 8443 --exit-allow-targets 127.0.0.1:8081,10.0.0.0/8";
    let exit = load(line, &[]).unwrap().settings.exit.unwrap();
    assert_eq!(
        (exit.listen.to_string().as_str(), exit.password.expose()),
        ("0.0.0.0:3128", "tunafish9")
    );
    assert_eq!(exit.connect_ports, [80, 443, 8443]);
    assert_eq!(exit.allow_targets.len(), 2);
    let bad = wrong("exit --exit-username a:b --exit-password short --exit-connect-ports 0", &[]);
    assert_eq!(bad.len(), 3, "{bad:?}");
    let login = [("OCTOPROX_EXIT_USERNAME", "me"), ("OCTOPROX_EXIT_PASSWORD", "tunafish9")];
    assert!(load("check", &login).unwrap().settings.exit.is_some());
    assert_eq!(wrong("check", &login[..1]).len(), 1);
    let demo = load("demo --demo-port 0", &[]).unwrap().settings.demo;
    assert_eq!((demo.proxy_port, demo.api_port), (0, 8000));
}

#[test]
fn check_tells_by_its_exit_code_what_is_wrong() {
    let folder = tempfile::tempdir().unwrap();
    let cases =
        [("proxy_port: x\n", 6), ("proxy_port: [\n", 4), ("- a\n", 4), ("no_such: 1\na: {}\n", 4)];
    for (text, code) in cases {
        let file = write(folder.path(), "octoprox.yaml", text);
        assert_eq!(load(&format!("check {file}"), &[]).unwrap_err().exit_code(), code, "{text}");
        let serve = format!("serve --config {file}");
        assert_eq!(load(&serve, &[]).unwrap_err().exit_code(), 64, "{text}");
    }
    let missing = load("check /nowhere/a.yaml --proxy-port x", &[]).unwrap_err();
    assert_eq!(missing.exit_code(), 3);
    let expected =
        "argument FILE: /nowhere/a.yaml: cannot be read: No such file or directory (os error 2)";
    assert_eq!(missing.to_string().lines().next(), Some(expected));
    std::fs::write(folder.path().join("octoprox.yaml"), [0xff, 0xfe]).unwrap();
    let file = folder.path().join("octoprox.yaml");
    let latin = load(&format!("check {}", file.display()), &[]).unwrap_err();
    assert_eq!(latin.exit_code(), 4);
    let twice = wrong("check a.yaml --config b.yaml", &[]);
    assert_eq!(twice[0], "flag --config and argument FILE: give one of them");
}

#[test]
fn every_setting_has_a_name_of_its_own_a_flag_and_help() {
    let mut names: Vec<&str> = table::all().map(|setting| setting.name).collect();
    names.sort_unstable();
    assert!(names.windows(2).all(|pair| pair[0] != pair[1]), "{names:?}");
    for action in Action::ALL {
        let line = ["octoprox", action.name(), "--help"];
        let help = command().try_get_matches_from(line).unwrap_err().to_string();
        for setting in table::of(action).chain([&CONFIG]) {
            assert!(help.contains(&format!("--{} <", setting.flag())), "{}", setting.name);
            assert!(help.contains(&setting.variable()), "{}", setting.name);
        }
    }
}

const EXAMPLE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../.env.example");

/// What `.env.example` must be.
fn example() -> String {
    let mut text = String::from(
        "# Every setting of octoprox as an environment variable, with its default.\n\
         # The same names are flags (--proxy-port) and keys of the YAML file (proxy_port).\n\
         # A flag goes before the environment, the environment before the file. Empty is not set.\n\
         # Durations are 500ms, 90s, 10m or 1h; lists are separated by commas.\n\
         # Made from crates/node/src/settings/table.rs, and written anew by `make generate`.\n\n",
    );
    line(&mut text, &CONFIG);
    for section in SECTIONS {
        write!(text, "\n# === {} ===\n\n", section.title).unwrap();
        section.settings.iter().for_each(|setting| line(&mut text, setting));
    }
    text
}

fn line(text: &mut String, setting: &Setting) {
    writeln!(text, "# {}", setting.doc).unwrap();
    writeln!(text, "#{}={}", setting.variable(), setting.default).unwrap();
}

#[test]
fn the_example_file_is_up_to_date() {
    let expected = example();
    // `make generate` sets it.
    if std::env::var_os("OCTOPROX_GENERATE").is_some() {
        std::fs::write(EXAMPLE, &expected).unwrap();
    }
    let found = std::fs::read_to_string(EXAMPLE).unwrap_or_default();
    assert!(found == expected, ".env.example is old: `make generate` writes it:\n{expected}");
}
