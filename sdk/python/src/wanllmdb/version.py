"""The one version of the SDK, the server and the page."""

VERSION = "0.1.0"
