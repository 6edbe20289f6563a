"""Secret forms: what tokens and passwords look like, each under the name of who gives them out.

A *form* is a secret that is known by itself: by the letters it begins with, its length, its
alphabet. A *context* is something that is a secret only where it stands: behind `password=`,
in an address, in a header. Of a form everything is cut out, of a context what comes behind its
first group, so that a reader still sees what was there.

docs/howto/what-is-captured.md lists the names, and a test holds it to them.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, NamedTuple

# The shortest of them, and no word of a line is shorter that holds one.
SHORTEST: Final = 16

FORMS: Final[Mapping[str, str]] = {
    "wanLLMDB": r"wl-[A-Za-z0-9_-]{43}|wlk_[A-Za-z0-9]{36}",
    "AWS access key": r"A(?:KIA|SIA|BIA|CCA)[A-Z2-7]{16}(?![A-Za-z0-9])",
    "Google API key": r"AIza[A-Za-z0-9_-]{35}",
    "Google OAuth": r"ya29\.[A-Za-z0-9_-]{20,}|GOCSPX-[A-Za-z0-9_-]{28}",
    "Azure client secret": r"[A-Za-z0-9_~.-]{3}[78]Q~[A-Za-z0-9_~.-]{31,34}",
    "GitHub": r"gh[pousr]_[A-Za-z0-9]{30,}|github_pat_[A-Za-z0-9_]{30,}",
    "GitLab": r"gl(?:pat|dt|rt|cbt|ptt|ft|imt|agent|soat|oas)-[A-Za-z0-9_-]{20,}",
    "Hugging Face": r"hf_[A-Za-z0-9]{30,}|api_org_[A-Za-z0-9]{30,}",
    "Anthropic": r"sk-ant-[A-Za-z0-9_-]{20,}",
    "OpenAI": r"sk-(?=[A-Za-z_-]*[0-9A-Z])[A-Za-z0-9_-]{20,}",
    "Slack": r"xox[abeoprs]-[A-Za-z0-9-]{10,}|xapp-\d-[A-Za-z0-9-]{20,}",
    "Slack webhook": r"hooks\.slack\.com/(?:services|workflows)/[A-Za-z0-9/_-]{20,}",
    "Stripe": r"[sr]k_(?:live|test)_[A-Za-z0-9]{16,}|whsec_[A-Za-z0-9+/=]{32,}",
    "Twilio": r"SK[0-9a-f]{32}(?![A-Za-z0-9])",
    "SendGrid": r"SG\.[A-Za-z0-9_-]{16,}\.[A-Za-z0-9_-]{32,}",
    "npm": r"npm_[A-Za-z0-9]{36}",
    "PyPI": r"pypi-AgE[A-Za-z0-9_-]{50,}",
    "Docker Hub": r"dckr_[po]at_[A-Za-z0-9_-]{20,}",
    "Databricks": r"dapi[0-9a-f]{32}(?![0-9a-z])",
    "Weights & Biases": r"wandb_v\d+_[A-Za-z0-9_-]{30,}|local-[0-9a-f]{40}(?![0-9a-z])",
    "Discord bot": r"[MNO][A-Za-z0-9_-]{23,27}\.[A-Za-z0-9_-]{6}\.[A-Za-z0-9_-]{27,40}",
    "Discord webhook": r"discord(?:app)?\.com/api/webhooks/\d+/[A-Za-z0-9_-]{20,}",
    "Telegram bot": r"\d{8,10}:AA[A-Za-z0-9_-]{33}",
    "Mailgun": r"key-[0-9a-f]{32}(?![0-9a-z])",
    "Mailchimp": r"[0-9a-f]{32}-us\d{1,2}(?!\d)",
    "Heroku": r"HRKU-[A-Za-z0-9_-]{36,}",
    "DigitalOcean": r"do[opr]_v1_[0-9a-f]{64}",
    "Shopify": r"shp(?:at|ca|pa|ss)_[0-9a-fA-F]{32}",
    "Square": r"sq0[a-z]{3}-[A-Za-z0-9_-]{22,}|EAAA[A-Za-z0-9_-]{60}",
    "Linear": r"lin_(?:api|oauth)_[A-Za-z0-9]{32,}",
    "Notion": r"ntn_[A-Za-z0-9]{40,}|secret_[A-Za-z0-9]{43}(?![A-Za-z0-9])",
    "Atlassian": r"AT(?:ATT|CTT)3[A-Za-z0-9_=-]{60,}|ATBB[A-Za-z0-9]{32}(?![A-Za-z0-9])",
    "HashiCorp Vault": r"hv[sbr]\.[A-Za-z0-9_-]{20,}",
    "Terraform Cloud": r"[A-Za-z0-9]{14}\.atlasv1\.[A-Za-z0-9_=-]{60,}",
    "Doppler": r"dp\.(?:pt|st|ct|sa|scim|audit)\.(?:[a-z0-9_-]{2,35}\.)?[A-Za-z0-9]{40,44}",
    "Grafana": r"glsa_[A-Za-z0-9]{32}_[0-9a-fA-F]{8}|glc_[A-Za-z0-9+/]{32,}={0,2}",
    "New Relic": r"NRAK-[A-Z0-9]{27}|NRI[IQ]-[A-Za-z0-9_-]{32}|NRJS-[0-9a-f]{19}",
    "Sentry": r"sntry[su]_[A-Za-z0-9+/=_-]{40,}",
    "Replicate": r"r8_[A-Za-z0-9]{37}",
    "Groq": r"gsk_[A-Za-z0-9]{40,}",
    "xAI": r"xai-[A-Za-z0-9]{60,}",
    "Perplexity": r"pplx-[A-Za-z0-9]{40,}",
    "Pinecone": r"pcsk_[A-Za-z0-9_]{40,}",
    "LangSmith": r"lsv2_[a-z]{2}_[0-9a-f]{32}_[0-9a-f]{10}",
    "Kaggle": r"KGAT_[0-9a-f]{32}",
    "Neptune": r"eyJhcGlf[A-Za-z0-9+/_-]{30,}={0,2}",
    "Airtable": r"pat[A-Za-z0-9]{14}\.[0-9a-f]{64}",
    "Figma": r"figd_[A-Za-z0-9_-]{40,}",
    "Postman": r"PMAK-[0-9a-f]{24}-[0-9a-f]{34}",
    "RubyGems": r"rubygems_[0-9a-f]{48}",
    "Tailscale": r"tskey-[a-z]+-[A-Za-z0-9-]{20,}",
    "Pulumi": r"pul-[0-9a-f]{40}",
    "age": r"AGE-SECRET-KEY-1[A-Z0-9]{50,}",
    "JWT": r"eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]*",
}

# Begins with dashes, where no word begins; without its end, all that follows belongs to it.
PEM: Final = (
    r"-----BEGIN [A-Z0-9 ]*PRIVATE KEY(?: BLOCK)?-----"
    r"(?:.*?-----END [A-Z0-9 ]*PRIVATE KEY(?: BLOCK)?-----|.*)"
)


class Context(NamedTuple):
    """A secret by where it stands.

    Attributes:
        markers: of these, in lower case, the text holds one.
        pattern: whose first group is what stays.
        gate: what else must be found in the lower-case text; the pattern takes its time.
        instead: what stands there afterwards.
    """

    markers: tuple[str, ...]
    pattern: str
    gate: str = ""
    instead: str = "[redacted]"


_NAMES = (
    r"pass(?:word|wd|phrase)|\bpwd|(?:client|app|consumer|signing|webhook)[_-]?secret|\bsecret"
    r"|secret[_-]?(?:access[_-]?)?key|(?:api|app|access|account|private|auth|encryption|license"
    r"|shared[_-]?access|subscription)[_-]?key"
    r"|(?:api|access|auth|bearer|refresh|session|id|bot|user|hub|hf|github|gitlab|slack|wandb)"
    r"[_-]?token"
)
_HEX40 = r"(?<![0-9a-fA-F])[0-9a-f]{40}(?![0-9a-fA-F])"
_UUID = r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"

CONTEXTS: Final[Mapping[str, Context]] = {
    "account in an address": Context(
        ("://",),
        r"(?i)(\b[a-z][a-z0-9+.-]{1,30}://)(?!git@)[^\s/?#'\"<>]+@",
        instead="",  # so that the address is one still
    ),
    "secret in a query": Context(
        ("=",),
        r"(?i)([?&](?:x-(?:amz|goog)-(?:signature|credential|security-token)|sig|signature|token"
        rf"|auth|{_NAMES})=)[^\s&#'\"<>]+",
    ),
    "named secret": Context(
        ("passw", "passphrase", "pwd", "secret", "key", "token"),
        rf"(?i)((?:{_NAMES})[\"']?\s{{0,3}}(?:=>|=|:)\s{{0,3}})"
        r"(?:\"[^\"\s]{4,}\"|'[^'\s]{4,}'"
        r"|(?=[^\s\"'(){}\[\],;&<>]*\d)[^\s\"'(){}\[\],;&<>$]{8,}(?![\w(\[{]))",
        gate=r"(?:passw(?:or)?d|phrase|pwd|secret|key|token)[\"']?\s{0,3}[=:]",
    ),
    "authorization header": Context(
        ("authorization", "bearer"),
        r"(?i)((?:authorization[\"']?\s*[:=]\s*[\"']?(?:bearer|basic|token|bot|key)|\bbearer)\s+)"
        r"(?=[^\s\"']*\d)[A-Za-z0-9._~+/=-]{12,}",
    ),
    "AWS secret key": Context(
        ("aws",),
        r"(?i)(\baws[^\n]{0,40}?(?:secret|key)[^\n]{0,20}?[\s\"'=:])"
        r"(?<![A-Za-z0-9/+])[A-Za-z0-9/+]{40}(?![A-Za-z0-9/+=])",
    ),
    "Weights & Biases, 40 letters": Context(
        ("wandb",), rf"(?i)(wandb[^\n]{{0,60}}?(?:key|login|token|password)[^\n]{{0,30}}?){_HEX40}"
    ),
    "Twilio auth token": Context(
        ("twilio",), r"(?i)(twilio[^\n]{0,40}?)(?<![0-9a-f])[0-9a-f]{32}(?![0-9a-f])"
    ),
    "Heroku, a UUID": Context(
        ("heroku",), rf"(?i)(heroku[^\n]{{0,30}}?(?:key|token)[^\n]{{0,10}}?){_UUID}"
    ),
    "netrc": Context(("machine",), r"(?i)(machine\s+\S+\s+login\s+\S+\s+password\s+)\S+"),
}
