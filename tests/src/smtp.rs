//! A mail server for tests, which does as it is told.

use std::{
    collections::VecDeque,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use tokio::{
    io::{AsyncBufReadExt as _, AsyncRead, AsyncWrite, AsyncWriteExt as _, BufReader},
    net::{TcpListener, TcpStream},
};
use tokio_rustls::{
    TlsAcceptor,
    rustls::{
        ServerConfig,
        crypto::aws_lc_rs,
        pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject as _},
    },
};

/// What the server does about one mail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Behaviour {
    /// Takes it.
    Accept,
    /// Refuses the recipient for good.
    Refuse,
    /// Does not take the recipient now.
    Postpone,
    /// Refuses the content for good, and quotes it.
    RefuseContent,
    /// Says nothing about the recipient.
    Hang,
    /// Reads the content and closes the connection without an answer.
    DropAfterContent,
}

/// A mail server that keeps what it is given.
pub struct MailServer {
    port: u16,
    shared: Arc<Shared>,
}

#[derive(Default)]
struct Shared {
    /// What to do about the next mails; the rest is accepted.
    plan: Mutex<VecDeque<Behaviour>>,
    /// Contents that arrived, answered or not.
    contents: Mutex<Vec<String>>,
    attempts: Mutex<usize>,
}

/// How a conversation goes on.
enum Next {
    Say(&'static str),
    StartTls,
    ReadContent,
    Nothing,
    End,
}

impl MailServer {
    /// Starts a server that offers no TLS.
    pub async fn start() -> Self {
        Self::listen(None).await
    }

    /// Starts a server that offers STARTTLS with a certificate that nobody vouches for.
    pub async fn with_own_certificate() -> Self {
        let folder = Self::certificate();
        let folder = folder.parent().expect("a folder");
        let certificate =
            CertificateDer::from_pem_file(folder.join("server.pem")).expect("a certificate");
        let key = PrivateKeyDer::from_pem_file(folder.join("server.key")).expect("a key");
        let configuration =
            ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
                .with_safe_default_protocol_versions()
                .expect("TLS versions")
                .with_no_client_auth()
                .with_single_cert(vec![certificate], key)
                .expect("a key that fits");
        Self::listen(Some(TlsAcceptor::from(Arc::new(configuration)))).await
    }

    /// The file of the certificate.
    pub fn certificate() -> PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/smtp/server.pem")
    }

    async fn listen(acceptor: Option<TlsAcceptor>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let port = listener.local_addr().expect("an address").port();
        let shared = Arc::new(Shared::default());
        let serving = Arc::clone(&shared);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                // A client that goes away is no concern of the server.
                tokio::spawn(serve(stream, Arc::clone(&serving), acceptor.clone()));
            }
        });
        Self { port, shared }
    }

    /// The address for `SMTP_URL`, with options.
    pub fn url(&self, options: &str) -> String {
        format!("smtp://localhost:{}?timeout=1{options}", self.port)
    }

    /// Says what to do about the next mails.
    pub fn expect(&self, plan: impl IntoIterator<Item = Behaviour>) {
        locked(&self.shared.plan).extend(plan);
    }

    /// Contents that arrived, whatever the server answered.
    pub fn contents(&self) -> Vec<String> {
        locked(&self.shared.contents).clone()
    }

    /// How many mails were begun.
    pub fn attempts(&self) -> usize {
        *locked(&self.shared.attempts)
    }

    /// Waits for the content that satisfies a condition.
    pub async fn content(&self, wanted: impl Fn(&str) -> bool) -> String {
        for _ in 0..400 {
            if let Some(found) = self.contents().into_iter().find(|content| wanted(content)) {
                return found;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        panic!("the mail did not come; there are {}", self.contents().len());
    }
}

fn locked<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

async fn serve(
    stream: TcpStream,
    shared: Arc<Shared>,
    acceptor: Option<TlsAcceptor>,
) -> std::io::Result<()> {
    let mut plain = BufReader::new(stream);
    plain.write_all(b"220 localhost ready\r\n").await?;
    if converse(&mut plain, &shared, acceptor.is_some()).await? {
        let acceptor = acceptor.expect("STARTTLS was offered");
        let encrypted = acceptor.accept(plain.into_inner()).await?;
        converse(&mut BufReader::new(encrypted), &shared, false).await?;
    }
    Ok(())
}

/// Answers until the end, or until TLS shall begin: then true.
async fn converse<S: AsyncRead + AsyncWrite + Unpin>(
    stream: &mut BufReader<S>,
    shared: &Shared,
    offers_tls: bool,
) -> std::io::Result<bool> {
    let mut behaviour = Behaviour::Accept;
    let mut line = String::new();
    loop {
        line.clear();
        if stream.read_line(&mut line).await? == 0 {
            return Ok(false);
        }
        match next(&line, shared, offers_tls, &mut behaviour) {
            Next::Say(text) => stream.write_all(text.as_bytes()).await?,
            Next::StartTls => {
                stream.write_all(b"220 go ahead\r\n").await?;
                return Ok(true);
            }
            Next::ReadContent => {
                stream.write_all(b"354 go ahead\r\n").await?;
                let content = read_content(stream).await?;
                locked(&shared.contents).push(content.clone());
                match behaviour {
                    Behaviour::DropAfterContent => return Ok(false),
                    Behaviour::RefuseContent => {
                        let link = content.split_whitespace().find(|word| word.contains("://"));
                        let quoted = link.unwrap_or_default();
                        stream.write_all(format!("554 5.7.1 {quoted}\r\n").as_bytes()).await?;
                    }
                    _ => stream.write_all(b"250 2.0.0 queued\r\n").await?,
                }
            }
            Next::Nothing => {}
            Next::End => return Ok(false),
        }
    }
}

fn next(line: &str, shared: &Shared, offers_tls: bool, behaviour: &mut Behaviour) -> Next {
    let verb = line.split([' ', '\r']).next().unwrap_or_default().to_ascii_uppercase();
    match verb.as_str() {
        "EHLO" if offers_tls => Next::Say("250-localhost\r\n250 STARTTLS\r\n"),
        "EHLO" => Next::Say("250 localhost\r\n"),
        "STARTTLS" => Next::StartTls,
        "RCPT" => {
            *locked(&shared.attempts) += 1;
            *behaviour = locked(&shared.plan).pop_front().unwrap_or(Behaviour::Accept);
            match behaviour {
                Behaviour::Refuse => Next::Say("550 5.1.1 no such person\r\n"),
                Behaviour::Postpone => Next::Say("451 4.7.1 come back later\r\n"),
                Behaviour::Hang => Next::Nothing,
                _ => Next::Say("250 2.1.5 ok\r\n"),
            }
        }
        "DATA" => Next::ReadContent,
        "QUIT" => Next::End,
        _ => Next::Say("250 2.0.0 ok\r\n"),
    }
}

async fn read_content<S: AsyncRead + Unpin>(stream: &mut BufReader<S>) -> std::io::Result<String> {
    let mut content = String::new();
    let mut line = String::new();
    loop {
        line.clear();
        if stream.read_line(&mut line).await? == 0 {
            return Err(std::io::ErrorKind::UnexpectedEof.into());
        }
        if line == ".\r\n" {
            return Ok(content);
        }
        content.push_str(line.strip_prefix('.').unwrap_or(&line));
    }
}
