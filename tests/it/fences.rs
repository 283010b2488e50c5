//! The fences between a request and the rows of others, tried by the compiler.
//!
//! Each file of `tests/fences` is compiled against the crates as they are built for these tests.
//! All but one must be refused, and the snapshot says by which errors.

mod around;

use std::{
    collections::BTreeSet,
    env,
    ffi::OsString,
    fs,
    path::{Path, PathBuf},
    process::{Command, Output},
    sync::OnceLock,
    thread,
};

use serde_json::Value;

/// What the files use.
const CRATES: [&str; 6] = ["api", "axum", "domain", "entity", "sea_orm", "serde_json"];

/// The one file that must compile.
const OPEN: &str = "what_is_within_the_fences_compiles";

/// Mismatched types: which, is said beside.
const MISMATCH: &str = "E0308";

/// Private fields, of which the error tells all.
const PRIVATE: &str = "E0451";

/// How to call the compiler so that it finds the crates.
struct Workbench {
    arguments: Vec<OsString>,
    folder: tempfile::TempDir,
}

impl Workbench {
    fn set_up() -> Self {
        let artifacts: Vec<_> = built().iter().filter_map(library).collect();
        let mut arguments: Vec<OsString> =
            ["--edition=2024", "--crate-type=lib", "--emit=metadata", "--error-format=json"]
                .into_iter()
                .chain(["--cap-lints=allow"])
                .map(Into::into)
                .collect();
        for name in CRATES {
            let found = artifacts.iter().find(|(one, _)| one == name);
            let (_, library) = found.unwrap_or_else(|| panic!("{name} was not built"));
            arguments.extend(["--extern".into(), format!("{name}={}", library.display()).into()]);
        }
        let folders: BTreeSet<&Path> =
            artifacts.iter().filter_map(|(_, library)| library.parent()).collect();
        for folder in folders {
            arguments.extend(["-L".into(), format!("dependency={}", folder.display()).into()]);
        }
        Self { arguments, folder: tempfile::tempdir().expect("a folder") }
    }

    fn compile(&self, file: &Path) -> Output {
        let mut command = Command::new(env::var_os("RUSTC").unwrap_or_else(|| "rustc".into()));
        command.args(&self.arguments).arg("--out-dir").arg(self.folder.path()).arg(file);
        command.output().expect("a compiler")
    }
}

/// What cargo says of all that these tests are made of. It is built already, so that cargo only
/// tells where.
fn built() -> &'static [Value] {
    static BUILT: OnceLock<Vec<Value>> = OnceLock::new();
    BUILT.get_or_init(|| {
        let program = env::current_exe().expect("this program");
        let profile = program.ancestors().nth(2).expect("the folder of a profile");
        let folder = profile.parent().and_then(Path::to_str).expect("the folder of builds");
        let mut arguments = vec!["test", "--workspace", "--test", "it", "--no-run", "--offline"];
        arguments.extend(["--message-format=json", "--target-dir", folder]);
        if profile.ends_with("release") {
            arguments.push("--release");
        }
        messages(&cargo(&arguments).stdout)
    })
}

fn cargo(arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO"));
    for (name, _) in env::vars_os().filter(|(name, _)| is_of_this_test(name)) {
        command.env_remove(name);
    }
    let output = command.args(arguments).current_dir(root()).output().expect("cargo");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    output
}

/// What cargo says to a test and not to itself.
fn is_of_this_test(name: &OsString) -> bool {
    let name = name.to_string_lossy();
    ["CARGO_PKG_", "CARGO_MANIFEST_", "CARGO_BIN_"].iter().any(|start| name.starts_with(start))
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn messages(output: &[u8]) -> Vec<Value> {
    let lines = output.split(|byte| *byte == b'\n');
    lines.filter_map(|line| serde_json::from_slice(line).ok()).collect()
}

fn library(message: &Value) -> Option<(String, PathBuf)> {
    if message["reason"] != "compiler-artifact" || message["profile"]["test"] == true {
        return None;
    }
    let files = message["filenames"].as_array()?.iter().filter_map(Value::as_str);
    let file = files.map(Path::new).find(|file| {
        file.extension().is_some_and(|end| ["rlib", "so", "dylib"].iter().any(|one| end == *one))
    })?;
    Some((message["target"]["name"].as_str()?.to_owned(), file.to_owned()))
}

/// What the compiler has against a file, and where, without the advice that changes with
/// compilers and dependencies.
fn errors(output: &Output) -> Vec<String> {
    let messages = messages(&output.stderr);
    let mut found: Vec<String> =
        messages.iter().filter(|one| one["level"] == "error").filter_map(error).collect();
    found.dedup();
    found
}

fn error(message: &Value) -> Option<String> {
    let spans = message["spans"].as_array()?;
    let place = spans.iter().find(|span| span["is_primary"] == true)?;
    let line = place["text"][0]["text"].as_str()?.trim();
    let (code, said) = (message["code"]["code"].as_str()?, message["message"].as_str()?);
    let said = match code {
        MISMATCH => place["label"].as_str()?.to_owned(),
        PRIVATE => format!("private fields of {}", said.rsplit("of struct").next()?.trim()),
        _ => said.to_owned(),
    };
    Some(format!("    {line}\n        {code}: {said}\n"))
}

fn files() -> Vec<PathBuf> {
    let folder = fs::read_dir(root().join("tests/fences")).expect("the folder of fences");
    let mut files: Vec<PathBuf> = folder.flatten().map(|entry| entry.path()).collect();
    files.sort();
    files
}

#[test]
fn code_that_goes_around_a_fence_does_not_compile() {
    let workbench = Workbench::set_up();
    let compile = |file: &PathBuf| {
        let name = file.file_stem().expect("a name").to_string_lossy().into_owned();
        let output = workbench.compile(file);
        assert_eq!(output.status.success(), name == OPEN, "{name}: {:?}", errors(&output));
        format!("{name}\n{}", errors(&output).concat())
    };
    let files = files();
    let halves: Vec<String> = thread::scope(|scope| {
        let halves = files.chunks(files.len().div_ceil(2));
        let work: Vec<_> = halves
            .map(|half| scope.spawn(move || half.iter().map(compile).collect::<String>()))
            .collect();
        work.into_iter().map(|half| half.join().expect("verdicts")).collect()
    });
    insta::assert_snapshot!("fences", halves.concat());
}
