use std::collections::BTreeMap;

use reqwest::{
    Method, RequestBuilder,
    header::{ACCEPT, COOKIE, HeaderMap, LOCATION, ORIGIN, SET_COOKIE},
    redirect::Policy,
};
use scraper::{ElementRef, Html, Selector};

/// How many redirections in a row are followed.
const REDIRECTIONS: usize = 5;

/// Somebody who looks at pages, with cookies and without scripts.
pub struct Browser {
    http: reqwest::Client,
    base: String,
    cookies: BTreeMap<String, String>,
}

impl Browser {
    pub(crate) fn new(base: String) -> Self {
        let http = reqwest::Client::builder().redirect(Policy::none()).build();
        Self { http: http.expect("a client"), base, cookies: BTreeMap::new() }
    }

    /// Opens a page.
    pub async fn open(&mut self, path: &str) -> Shown {
        self.follow(self.request(Method::GET, path), path).await
    }

    /// Fills the form with this action on a page and sends it.
    pub async fn submit(&mut self, page: &Shown, action: &str, fields: &[(&str, &str)]) -> Shown {
        let mut filled = page.fields(action);
        for (name, value) in fields {
            filled.insert((*name).to_owned(), (*value).to_owned());
        }
        let request = self.request(Method::POST, action).header("sec-fetch-site", "same-origin");
        self.follow(request.header(ORIGIN, "null").form(&filled), action).await
    }

    /// A request with the cookies.
    pub fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let request = self.http.request(method, format!("{}{path}", self.base));
        let request = request.header(ACCEPT, "text/html,application/xhtml+xml,*/*;q=0.8");
        if self.cookies.is_empty() {
            return request;
        }
        let cookies: Vec<_> =
            self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        request.header(COOKIE, cookies.join("; "))
    }

    /// Sends a request and goes where the answer leads.
    pub async fn follow(&mut self, request: RequestBuilder, path: &str) -> Shown {
        let mut shown = self.send(request, path).await;
        for _ in 0..REDIRECTIONS {
            let Some(next) = shown.headers.get(LOCATION) else { return shown };
            let next = next.to_str().expect("an address").to_owned();
            shown = self.send(self.request(Method::GET, &next), &next).await;
        }
        panic!("too many redirections, the last to {}", shown.path);
    }

    async fn send(&mut self, request: RequestBuilder, path: &str) -> Shown {
        let response = request.send().await.expect("an answer");
        let status = response.status().as_u16();
        let headers = response.headers().clone();
        for cookie in headers.get_all(SET_COOKIE) {
            self.keep(cookie.to_str().expect("a cookie"));
        }
        let html = response.text().await.expect("a page");
        Shown { path: path.to_owned(), status, headers, html }
    }

    fn keep(&mut self, cookie: &str) {
        let (pair, attributes) = cookie.split_once(';').unwrap_or((cookie, ""));
        let (name, value) = pair.split_once('=').expect("a name and a value");
        assert!(attributes.contains("HttpOnly") && attributes.contains("SameSite=Lax"), "{cookie}");
        if attributes.contains("Max-Age=0") {
            self.cookies.remove(name);
        } else {
            self.cookies.insert(name.to_owned(), value.to_owned());
        }
    }
}

/// A page that a browser shows.
#[derive(Clone, Debug)]
pub struct Shown {
    /// Where it is.
    pub path: String,
    /// The status code.
    pub status: u16,
    /// The headers.
    pub headers: HeaderMap,
    /// The source.
    pub html: String,
}

impl Shown {
    /// The page, if the status is as expected.
    #[track_caller]
    #[expect(clippy::return_self_not_must_use, reason = "some only look at the status")]
    pub fn expect(self, status: u16) -> Self {
        assert_eq!(self.status, status, "{}: {}", self.path, self.html);
        self
    }

    /// The words of the first element that a CSS selector names; empty without one.
    pub fn text(&self, selector: &str) -> String {
        let page = Html::parse_document(&self.html);
        let selector = Selector::parse(selector).expect("a selector");
        let words = page.select(&selector).next().map(|element| words(&element));
        words.unwrap_or_default()
    }

    /// How many elements a CSS selector names.
    pub fn count(&self, selector: &str) -> usize {
        let page = Html::parse_document(&self.html);
        page.select(&Selector::parse(selector).expect("a selector")).count()
    }

    /// The values of an attribute of all elements that a CSS selector names.
    pub fn values(&self, selector: &str, attribute: &str) -> Vec<String> {
        let page = Html::parse_document(&self.html);
        let selector = Selector::parse(selector).expect("a selector");
        let values = page.select(&selector).filter_map(|element| element.attr(attribute));
        values.map(str::to_owned).collect()
    }

    /// What the parser of HTML objects to.
    pub fn objections(&self) -> Vec<String> {
        let page = Html::parse_document(&self.html);
        page.errors.iter().map(ToString::to_string).collect()
    }

    fn fields(&self, action: &str) -> BTreeMap<String, String> {
        assert!(
            self.values("form", "action").iter().any(|found| found == action),
            "no form for {action}: {}",
            self.html
        );
        let page = Html::parse_document(&self.html);
        let inputs = format!("form[action=\"{action}\"] input");
        let inputs = Selector::parse(&inputs).expect("a selector");
        let pairs = page.select(&inputs).filter_map(|input| {
            Some((
                input.attr("name")?.to_owned(),
                input.attr("value").unwrap_or_default().to_owned(),
            ))
        });
        pairs.collect()
    }
}

fn words(element: &ElementRef<'_>) -> String {
    let text: String = element.text().collect();
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
