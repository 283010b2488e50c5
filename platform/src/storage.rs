//! Uploaded files: a folder or an S3 bucket.

use std::{env, fs, sync::Arc};

use bytes::Bytes;
use object_store::{
    ObjectStore, ObjectStoreExt as _, PutPayload, local::LocalFileSystem, parse_url_opts,
    path::Path, prefix::PrefixStore,
};
use url::Url;

use crate::Settings;

/// Where uploaded files are kept. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Storage(Arc<dyn ObjectStore>);

/// Why a file cannot be kept or read.
#[derive(Debug, thiserror::Error)]
pub enum StorageError {
    /// The storage cannot be opened at all.
    #[error("STORAGE_URL {address} cannot be used: {problem}")]
    Open {
        /// The address without its password.
        address: String,
        /// What is wrong with it.
        problem: String,
    },
    /// One operation failed.
    #[error("the storage failed at {name}: {source}")]
    Failed {
        /// The name of the file.
        name: String,
        /// What the storage says.
        source: object_store::Error,
    },
}

impl Storage {
    /// Opens what `STORAGE_URL` names, or the folder `DATA_DIR/media`, which is made if need be. A
    /// bucket takes its credentials from the variables that start with `AWS_`.
    pub fn open(settings: &Settings) -> Result<Self, StorageError> {
        let Some(address) = &settings.storage_url else {
            return Self::folder(&settings.media_dir());
        };
        let failed = |problem: String| StorageError::Open { address: address.to_string(), problem };
        let url = Url::parse(address.reveal()).map_err(|error| failed(error.to_string()))?;
        if url.scheme() == "file" {
            let path =
                url.to_file_path().map_err(|()| failed("not an absolute path".to_owned()))?;
            return Self::folder(&path);
        }
        let credentials = env::vars().filter(|(name, _)| name.starts_with("AWS_"));
        let options = credentials.map(|(name, value)| (name.to_ascii_lowercase(), value));
        let (store, prefix) =
            parse_url_opts(&url, options).map_err(|error| failed(error.to_string()))?;
        Ok(Self(Arc::new(PrefixStore::new(store, prefix))))
    }

    /// Keeps a file under a name, replacing what was there.
    pub async fn put(&self, name: &str, content: Bytes) -> Result<(), StorageError> {
        let payload = PutPayload::from_bytes(content);
        self.0.put(&Path::from(name), payload).await.map_err(|error| failed(name, error))?;
        Ok(())
    }

    /// The content of a file, `None` when there is none of this name.
    pub async fn get(&self, name: &str) -> Result<Option<Bytes>, StorageError> {
        match self.0.get(&Path::from(name)).await {
            Ok(found) => found.bytes().await.map(Some).map_err(|error| failed(name, error)),
            Err(object_store::Error::NotFound { .. }) => Ok(None),
            Err(error) => Err(failed(name, error)),
        }
    }

    /// Removes a file; nothing happens when there is none of this name.
    pub async fn remove(&self, name: &str) -> Result<(), StorageError> {
        match self.0.delete(&Path::from(name)).await {
            Ok(()) | Err(object_store::Error::NotFound { .. }) => Ok(()),
            Err(error) => Err(failed(name, error)),
        }
    }

    fn folder(path: &std::path::Path) -> Result<Self, StorageError> {
        let failed =
            |problem: String| StorageError::Open { address: path.display().to_string(), problem };
        fs::create_dir_all(path).map_err(|error| failed(error.to_string()))?;
        let store =
            LocalFileSystem::new_with_prefix(path).map_err(|error| failed(error.to_string()))?;
        Ok(Self(Arc::new(store)))
    }
}

fn failed(name: &str, source: object_store::Error) -> StorageError {
    StorageError::Failed { name: name.to_owned(), source }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_file_is_kept_replaced_and_removed() {
        let folder = tempfile::tempdir().expect("a folder");
        let data = ("DATA_DIR".to_owned(), folder.path().display().to_string());
        let settings = Settings::read([data], None).expect("settings");
        let storage = Storage::open(&settings).expect("a storage");
        assert_eq!(storage.get("a/b.png").await.expect("read"), None);
        for content in ["one", "two"] {
            storage.put("a/b.png", Bytes::from(content)).await.expect("kept");
            let found = storage.get("a/b.png").await.expect("read");
            assert_eq!(found.as_deref(), Some(content.as_bytes()));
        }
        storage.remove("a/b.png").await.expect("removed");
        storage.remove("a/b.png").await.expect("removed again");
        assert_eq!(storage.get("../secret.key").await.expect("read"), None);
    }
}
