//! Writing SVG.

use std::fmt::Write;

use super::{
    geometry::{Curve, Frame, Point},
    palette::PREFIX,
};

/// An SVG document that is being written.
pub(super) struct Page {
    out: String,
}

/// Where the text lies from its place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Anchor {
    Start,
    Middle,
}

impl Page {
    pub(super) fn with_capacity(bytes: usize) -> Self {
        Self { out: String::with_capacity(bytes) }
    }

    /// Begins a picture that shows what lies in a frame.
    pub(super) fn begin(&mut self, frame: &Frame) {
        self.out.push_str("<svg xmlns=\"http://www.w3.org/2000/svg\" role=\"img\"");
        self.number("width", frame.width);
        self.number("height", frame.height);
        self.out.push_str(" viewBox=\"");
        for (number, value) in [frame.left, frame.top, frame.width, frame.height].iter().enumerate()
        {
            self.out.push_str(if number == 0 { "" } else { " " });
            write_number(&mut self.out, *value);
        }
        self.out.push_str("\">");
    }

    /// Ends the picture.
    pub(super) fn end(mut self) -> String {
        self.out.push_str("</svg>");
        self.out
    }

    /// A thin level line.
    pub(super) fn rule(&mut self, from: Point, length: f64) {
        let mut data = String::new();
        point(&mut data, 'M', from);
        point(&mut data, 'L', from + Point::new(length, 0.0));
        self.path(&data, &["rule"]);
    }

    /// An element with nothing but text in it.
    pub(super) fn element(&mut self, name: &str, text: &str) {
        let _ = write!(self.out, "<{name}>");
        self.escaped(text);
        let _ = write!(self.out, "</{name}>");
    }

    /// Begins a group that has a name for those who point at it or do not see it.
    pub(super) fn begin_group(&mut self, title: &str) {
        self.out.push_str("<g>");
        if !title.is_empty() {
            self.element("title", title);
        }
    }

    pub(super) fn end_group(&mut self) {
        self.out.push_str("</g>");
    }

    pub(super) fn rectangle(&mut self, frame: &Frame, radius: f64, classes: &[&str]) {
        self.out.push_str("<rect");
        self.number("x", frame.left);
        self.number("y", frame.top);
        self.number("width", frame.width);
        self.number("height", frame.height);
        if radius > 0.0 {
            self.number("rx", radius);
        }
        self.class(classes);
        self.out.push_str("/>");
    }

    /// A path from its data.
    pub(super) fn path(&mut self, data: &str, classes: &[&str]) {
        let _ = write!(self.out, "<path d=\"{data}\"");
        self.class(classes);
        self.out.push_str("/>");
    }

    pub(super) fn curve(&mut self, curve: &Curve, classes: &[&str]) {
        let mut data = String::with_capacity(64);
        point(&mut data, 'M', curve.from);
        point(&mut data, 'C', curve.first);
        point(&mut data, ' ', curve.second);
        point(&mut data, ' ', curve.to);
        self.path(&data, classes);
    }

    /// Lines from place to place.
    pub(super) fn polygon(&mut self, places: &[Point], classes: &[&str]) {
        let mut data = String::with_capacity(64);
        for (number, place) in places.iter().enumerate() {
            point(&mut data, if number == 0 { 'M' } else { 'L' }, *place);
        }
        data.push('Z');
        self.path(&data, classes);
    }

    /// A line of text on its base line.
    pub(super) fn text(&mut self, place: Point, anchor: Anchor, text: &str, classes: &[&str]) {
        self.out.push_str("<text");
        self.number("x", place.x);
        self.number("y", place.y);
        if anchor == Anchor::Middle {
            self.out.push_str(" text-anchor=\"middle\"");
        }
        self.class(classes);
        self.out.push('>');
        self.escaped(text);
        self.out.push_str("</text>");
    }

    fn class(&mut self, classes: &[&str]) {
        self.out.push_str(" class=\"");
        for (number, class) in classes.iter().enumerate() {
            let gap = if number == 0 { "" } else { " " };
            let _ = write!(self.out, "{gap}{PREFIX}{class}");
        }
        self.out.push('"');
    }

    fn number(&mut self, name: &str, value: f64) {
        let _ = write!(self.out, " {name}=\"");
        write_number(&mut self.out, value);
        self.out.push('"');
    }

    fn escaped(&mut self, text: &str) {
        for letter in text.chars() {
            match letter {
                '&' => self.out.push_str("&amp;"),
                '<' => self.out.push_str("&lt;"),
                '>' => self.out.push_str("&gt;"),
                '"' => self.out.push_str("&quot;"),
                '\'' => self.out.push_str("&#39;"),
                letter => self.out.push(letter),
            }
        }
    }
}

/// Adds a place to the data of a path.
pub(super) fn point(data: &mut String, letter: char, place: Point) {
    data.push(letter);
    write_number(data, place.x);
    data.push(' ');
    write_number(data, place.y);
}

/// A number with at most one decimal.
pub(super) fn write_number(out: &mut String, value: f64) {
    let rounded = (value * 10.0).round() / 10.0;
    if rounded.is_finite() {
        // Adding zero makes negative zero positive.
        let _ = write!(out, "{}", rounded + 0.0);
    } else {
        out.push('0');
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_stays_text() {
        let mut page = Page::with_capacity(0);
        page.element("title", "<a href='x'>&\"");
        let out = page.end();
        assert_eq!(out, "<title>&lt;a href=&#39;x&#39;&gt;&amp;&quot;</title></svg>");
    }

    #[test]
    fn numbers_are_short_and_always_numbers() {
        let mut out = String::new();
        for value in [1.0, 0.25, -0.01, f64::NAN, f64::INFINITY] {
            write_number(&mut out, value);
            out.push(' ');
        }
        assert_eq!(out, "1 0.3 0 0 0 ");
    }
}
