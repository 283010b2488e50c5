//! Checks `pack.yaml`, except for the items of its frameworks.

use super::{Check, at};
use crate::library::{constraint::Constraint, pack::PACK_FILE, value::Text};

const PACK_TYPES: &[&str] =
    &["technology", "threat", "countermeasure", "compliance", "template", "full", "taxonomy"];
const TIERS: &[&str] = &["free", "premium", "enterprise"];
const SOURCES: &[&str] = &["official", "partner", "community", "private"];

impl Check<'_> {
    pub(super) fn metadata(&mut self) {
        if self.pack.unread.iter().any(|fault| fault.file == PACK_FILE) {
            return;
        }
        let header = &self.pack.header;
        self.required("slug", &header.slug);
        self.required("name", &header.name);
        self.required("version", &header.version);
        self.required("pack_type", &header.pack_type);
        self.slug();
        self.header_lengths();
        self.choice(PACK_FILE, "pack_type", &header.pack_type, PACK_TYPES);
        self.choice(PACK_FILE, "tier", &header.tier, TIERS);
        self.choice(PACK_FILE, "source", &header.source, SOURCES);
        self.dependencies();
    }

    fn required(&mut self, field: &str, value: &Text) {
        if !value.is_blank() {
            return;
        }
        let message = format!("The pack has no \"{field}\". Add it below \"pack\".");
        let position = value.position().or(self.pack.header_position);
        self.error(at(PACK_FILE, position), "pack", field, message);
    }

    fn slug(&mut self) {
        let slug = &self.pack.header.slug;
        let place = at(PACK_FILE, slug.position());
        let allowed = |letter: char| letter.is_ascii_alphanumeric() || "-_".contains(letter);
        if !slug.trimmed().chars().all(allowed) {
            let message = "A slug has letters, digits, hyphens and underscores only.".to_owned();
            self.error(place, "pack", slug.trimmed(), message);
        }
        let Some(other) = self.packs.by_slug(&self.pack.slug) else { return };
        if other.relative_path != self.pack.relative_path {
            let folder = &other.relative_path;
            let message = format!("The pack in \"{folder}\" has this slug. Choose another one.");
            self.error(place, "pack", &self.pack.slug, message);
        }
    }

    fn header_lengths(&mut self) {
        let header = &self.pack.header;
        let limited = [
            ("slug", &header.slug, 100),
            ("name", &header.name, 255),
            ("version", &header.version, 20),
            ("author", &header.author, 255),
            ("repository_url", &header.repository_url, 200),
            ("documentation_url", &header.documentation_url, 200),
        ];
        for (field, value, limit) in limited {
            self.fits(PACK_FILE, field, value, limit);
        }
    }

    fn dependencies(&mut self) {
        for needed in self.pack.requires() {
            let place = at(PACK_FILE, needed.position);
            if needed.slug == self.pack.slug {
                let message = "A pack cannot depend on itself. Remove the entry.".to_owned();
                self.error(place, "pack", &needed.slug, message);
            }
            if needed.slug.len() > 100 || needed.version.len() > 50 {
                let message = "The dependency is too long. Shorten it.".to_owned();
                self.error(place, "value", "depends_on", message);
            }
            if Constraint::parse(&needed.version).is_none() {
                let message = format!("Unknown version constraint \"{}\".", needed.version);
                let suggestion = "Write it like ^1.0.0, >=1.0 or 1.x.".to_owned();
                self.warn(place, "depends_on[].version", message, suggestion);
            }
        }
    }
}
