//! The places where a request really arrives. 127.0.0.1 stands for the public internet (it alone is allowed), 127.0.0.2
//! for what must not be reached.

use std::io::{Error, ErrorKind, Read as _, Write as _};
use std::net::{IpAddr, Ipv4Addr, TcpListener};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use crate::webhook::client::{OutgoingMessage, SendResult, UrlError, WebhookClient, WebhookClientSettings, check_url};
use crate::webhook::network_guard::{ForbiddenNetwork, NetworkGuard};
use crate::webhook::resolver::{AddressLookup, Resolver, SystemResolver, passed};
use quire_domain::webhook::{DeliveryError, DeliveryOutcome};

const OUTSIDE: IpAddr = IpAddr::V4(Ipv4Addr::new(127, 0, 0, 1));
const INSIDE: IpAddr = IpAddr::V4(Ipv4Addr::new(127, 0, 0, 2));

/// Answers 200 to everything and counts who comes.
struct Door {
    port: u16,
    visits: Arc<AtomicUsize>,
}

impl Door {
    fn open(address: IpAddr, port: u16) -> Self {
        let listener = TcpListener::bind((address, port)).unwrap();
        let (port, visits) = (listener.local_addr().unwrap().port(), Arc::new(AtomicUsize::new(0)));
        let counted = Arc::clone(&visits);
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let mut stream = stream.unwrap();
                counted.fetch_add(1, Ordering::SeqCst);
                let _ = stream.read(&mut [0; 4096]);
                let _ = stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
            }
        });
        Self { port, visits }
    }

    fn visits(&self) -> usize {
        self.visits.load(Ordering::SeqCst)
    }
}

/// A door outside and one inside, on the same port.
fn doors() -> (Door, Door) {
    let outside = Door::open(OUTSIDE, 0);
    let inside = Door::open(INSIDE, outside.port);
    (outside, inside)
}

/// Gives each of these answers once, then the last for ever.
struct Fickle(Mutex<Vec<Vec<IpAddr>>>, AtomicUsize);

impl Fickle {
    fn new(answers: &[&[IpAddr]]) -> Arc<Self> {
        Arc::new(Self(Mutex::new(answers.iter().rev().map(|answer| answer.to_vec()).collect()), AtomicUsize::new(0)))
    }
}

impl Resolver for Fickle {
    fn lookup(&self, _: String) -> AddressLookup {
        self.1.fetch_add(1, Ordering::SeqCst);
        let mut answers = self.0.lock().unwrap();
        let answer = if answers.len() > 1 { answers.pop() } else { answers.last().cloned() };
        Box::pin(async move { Ok(answer.unwrap()) })
    }
}

fn client(allowed: &str, lookup: Arc<dyn Resolver>) -> WebhookClient {
    let allowed = vec![allowed.parse().unwrap()];
    WebhookClient::new(
        WebhookClientSettings { allowed, timeout: Duration::from_secs(60), max_excerpt_bytes: 64 },
        lookup,
    )
    .unwrap()
}

async fn send(client: &WebhookClient, url: String) -> SendResult {
    let (id, at, signatures) = ("msg_1".into(), 0, "v1,x".into());
    client.deliver(OutgoingMessage { url, id, at, signatures, correlation_id: None, body: "{}".into() }).await
}

fn named(door: &Door) -> String {
    format!("http://receiver.example:{}/", door.port)
}

#[tokio::test]
async fn a_name_that_leads_inside_later_is_refused_later() {
    let (outside, inside) = doors();
    let names = Fickle::new(&[&[OUTSIDE], &[INSIDE]]);
    let client = client("127.0.0.1/32", Arc::clone(&names) as Arc<dyn Resolver>);
    assert_eq!(send(&client, named(&outside)).await.reception, DeliveryOutcome::Accepted);
    assert_eq!(names.1.load(Ordering::SeqCst), 1, "what was checked is what is connected to: nobody asks again");
    let later = send(&client, named(&outside)).await;
    assert_eq!(later.trouble, Some(DeliveryError::ForbiddenAddress), "{later:?}");
    assert!(later.detail.unwrap().contains("webhooks.allow_cidrs"));
    assert_eq!((outside.visits(), inside.visits()), (1, 0));
}

#[tokio::test]
async fn of_several_addresses_only_those_that_pass_are_connected_to() {
    let (outside, inside) = doors();
    let client = client("127.0.0.1/32", Fickle::new(&[&[INSIDE, OUTSIDE]]));
    assert_eq!(send(&client, named(&outside)).await.reception, DeliveryOutcome::Accepted);
    assert_eq!((outside.visits(), inside.visits()), (1, 0));
}

/// The control: without the guard the same name reaches the same place.
#[tokio::test]
async fn without_the_guard_a_name_leads_inside() {
    let (outside, inside) = doors();
    let client = client("127.0.0.0/8", Fickle::new(&[&[INSIDE]]));
    assert_eq!(send(&client, named(&outside)).await.reception, DeliveryOutcome::Accepted);
    assert_eq!((outside.visits(), inside.visits()), (0, 1));
}

#[tokio::test]
async fn an_address_in_the_url_is_checked_at_each_request() {
    let (outside, inside) = doors();
    let client = client("127.0.0.1/32", Fickle::new(&[&[OUTSIDE]]));
    let refused = send(&client, format!("http://127.0.0.2:{}/", inside.port)).await;
    assert_eq!((refused.trouble, inside.visits()), (Some(DeliveryError::ForbiddenAddress), 0));
    let passed = send(&client, format!("http://127.0.0.1:{}/", outside.port)).await;
    assert_eq!((passed.status, outside.visits()), (Some(200), 1));
}

#[tokio::test]
async fn the_systems_names_are_found_and_guarded() {
    let door = Door::open(OUTSIDE, 0);
    let url = format!("http://localhost:{}/", door.port);
    let system = || Arc::new(SystemResolver::new(2));
    let refused = send(&client("10.0.0.0/8", system()), url.clone()).await;
    assert_eq!((refused.trouble, door.visits()), (Some(DeliveryError::ForbiddenAddress), 0));
    let passed = send(&client("127.0.0.1/32", system()), url).await;
    assert_eq!((passed.reception, door.visits()), (DeliveryOutcome::Accepted, 1));
    let unknown = send(&client("127.0.0.1/32", system()), "http://no-such-name.invalid/".into()).await;
    assert_eq!(unknown.trouble, Some(DeliveryError::ForbiddenAddress), "{unknown:?}");
}

/// Answers as the system does when a name is not known, or cannot be asked for now.
struct Failing(ErrorKind);

impl Resolver for Failing {
    fn lookup(&self, name: String) -> AddressLookup {
        let error = Error::new(self.0, format!("{name}: {}", self.0));
        Box::pin(async move { Err(error) })
    }
}

#[tokio::test]
async fn whatever_a_name_leads_to_inside_it_is_refused_as_one_that_nobody_has() {
    let (_, inside) = doors();
    let unknown = Arc::new(Failing(ErrorKind::NotFound));
    let lookups: [Arc<dyn Resolver>; 6] = [
        Fickle::new(&[&[INSIDE]]),
        Fickle::new(&[&["10.1.2.3".parse().unwrap()]]),
        Fickle::new(&[&["169.254.169.254".parse().unwrap(), "fd00::1".parse().unwrap()]]),
        Fickle::new(&[&["::1".parse().unwrap()]]),
        Fickle::new(&[&[]]),
        Arc::new(Failing(ErrorKind::TimedOut)),
    ];
    let nobodys = send(&client("127.0.0.1/32", unknown), named(&inside)).await;
    assert_eq!(nobodys.trouble, Some(DeliveryError::ForbiddenAddress), "{nobodys:?}");
    for lookup in lookups {
        let refused = send(&client("127.0.0.1/32", lookup), named(&inside)).await;
        assert_eq!(format!("{refused:?}"), format!("{nobodys:?}"));
    }
    assert_eq!(inside.visits(), 0);
}

/// The control: the reasons do differ, and would be seen if they were passed on.
#[test]
fn the_reasons_themselves_would_tell_names_of_the_inside_apart() {
    let guard = NetworkGuard::default();
    let reason = |found: Vec<IpAddr>| passed(&guard, found).unwrap_err().to_string();
    let reasons = [reason(vec![INSIDE]), reason(vec!["10.1.2.3".parse().unwrap()]), reason(Vec::new())];
    assert_eq!(std::collections::BTreeSet::from(reasons).len(), 3);
}

#[test]
fn attempts_from_before_are_read_as_the_one_word() {
    let read: DeliveryError = serde_json::from_str("\"unknown_name\"").unwrap();
    assert_eq!(serde_json::to_string(&read).unwrap(), "\"forbidden_address\"");
}

#[test]
fn every_spelling_of_an_address_is_read_as_one() {
    let guard = NetworkGuard::default();
    for host in [
        "127.0.0.1",
        "127.0.0.1.",
        "127.1",
        "2130706433",
        "0x7f000001",
        "0x7f.1",
        "017700000001",
        "0177.0.0.01",
        "127.0.0.0x1",
        "%31%32%37.0.0.1",
        "１２７.0.0.1",
        "127。0。0。1",
        "[::1]",
        "[0:0:0:0:0:0:0:1]",
        "[::ffff:127.0.0.1]",
        "[::127.0.0.1]",
        "0",
        "10.0.0.1",
        "169.254.169.254",
        "[fd00::1]",
        "[fe80::1]",
    ] {
        let fault = check_url(&format!("http://{host}/hook"), &guard).expect_err(host);
        assert!(matches!(fault, UrlError::Forbidden(ForbiddenNetwork(_))), "{host}: {fault}");
    }
}

#[test]
fn what_is_no_address_for_a_webhook_is_refused_for_its_own_reason() {
    let fault = |url: &str| check_url(url, &NetworkGuard::default()).expect_err(url);
    for url in ["ftp://example.org/", "file:///etc/passwd", "javascript:1", "unix:/run/x", "gopher://example.org/"] {
        assert_eq!(fault(url), UrlError::Scheme, "{url}");
    }
    for url in ["http://user@example.org/", "https://user:pass@example.org/", "http://:pass@example.org/"] {
        assert_eq!(fault(url), UrlError::Userinfo, "{url}");
    }
    for url in ["", "example.org/hook", "http://", "http:///", "http://a b/", "http://1.2.3.4.5/", "http://[::1/"] {
        assert!(matches!(fault(url), UrlError::Unreadable(_)), "{url}: {}", fault(url));
    }
    for url in
        ["https://example.org/hook?x=1", "http://1.1.1.1:8080/", "http://[2606:4700::1111]/", "http://münchen.de/"]
    {
        assert!(check_url(url, &NetworkGuard::default()).is_ok(), "{url}");
    }
}
