"""Secrets are cut out before anything is kept, and nothing else is.

No secret stands in this file: each is put together when the test runs.
"""

from __future__ import annotations

import uuid
from pathlib import Path
from typing import Final

import pytest

from wanllmdb.redaction import REDACTED, LineCleaner, clean, clean_argv, clean_text
from wanllmdb.secret_forms import CONTEXTS, FORMS

PAGE: Final = Path(__file__).parents[2] / "docs" / "howto" / "what-is-captured.md"


def mixed(length: int) -> str:
    """Letters and digits, as most tokens have them."""
    return ("aB3dE6gH9k" * 40)[:length]


def hexed(length: int) -> str:
    """Hexadecimal digits."""
    return ("0a1b2c3d4e5f" * 20)[:length]


SECRETS: Final[dict[str, list[str]]] = {
    "wanLLMDB": ["wl" + "-" + mixed(43), "wlk" + "_" + mixed(36)],
    "AWS access key": ["AK" + "IA" + "QWERTY23" * 2, "AS" + "IA" + "QWERTY23" * 2],
    "Google API key": ["AI" + "za" + mixed(35)],
    "Google OAuth": ["ya" + "29." + mixed(60), "GOC" + "SPX-" + mixed(28)],
    "Azure client secret": ["abc" + "8Q" + "~" + mixed(34)],
    "GitHub": [f"gh{kind}" + "_" + mixed(36) for kind in "pousr"]
    + ["github" + "_pat_" + mixed(59)],
    "GitLab": ["gl" + "pat-" + mixed(20), "gl" + "rt-" + mixed(20)],
    "Hugging Face": ["h" + "f_" + mixed(34), "api" + "_org_" + mixed(34)],
    "Anthropic": ["sk-" + "ant-api03-" + mixed(93)],
    "OpenAI": ["s" + "k-" + mixed(48), "s" + "k-proj-" + mixed(100)],
    "Slack": ["xo" + "xb-" + "1" * 12 + "-" + mixed(24), "xa" + "pp-1-A0-" + hexed(40)],
    "Slack webhook": ["hooks." + "slack.com/services/T00/B00/" + mixed(24)],
    "Stripe": ["sk" + "_live_" + mixed(24), "rk" + "_test_" + mixed(24), "wh" + "sec_" + mixed(32)],
    "Twilio": ["S" + "K" + hexed(32)],
    "SendGrid": ["S" + "G." + mixed(22) + "." + mixed(43)],
    "npm": ["np" + "m_" + mixed(36)],
    "PyPI": ["py" + "pi-AgE" + mixed(100)],
    "Docker Hub": ["dckr" + "_pat_" + mixed(27)],
    "Databricks": ["da" + "pi" + hexed(32)],
    "Weights & Biases": ["wandb" + "_v1_" + mixed(77), "local" + "-" + hexed(40)],
    "Discord bot": ["M" + mixed(25) + "." + mixed(6) + "." + mixed(38)],
    "Discord webhook": ["discord.com" + "/api/webhooks/123456789/" + mixed(68)],
    "Telegram bot": ["1234567890" + ":AA" + mixed(33)],
    "Mailgun": ["ke" + "y-" + hexed(32)],
    "Mailchimp": [hexed(32) + "-us" + "12"],
    "Heroku": ["HR" + "KU-" + "AA" + mixed(58)],
    "DigitalOcean": ["do" + "p_v1_" + hexed(64), "do" + "o_v1_" + hexed(64)],
    "Shopify": ["shp" + "at_" + hexed(32)],
    "Square": ["sq0" + "atp-" + mixed(22), "EA" + "AA" + mixed(60)],
    "Linear": ["lin" + "_api_" + mixed(40)],
    "Notion": ["nt" + "n_" + mixed(46), "secret" + "_" + mixed(43)],
    "Atlassian": ["AT" + "ATT3" + mixed(180), "AT" + "BB" + mixed(32)],
    "HashiCorp Vault": ["hv" + "s." + mixed(24), "hv" + "b." + mixed(140)],
    "Terraform Cloud": [mixed(14) + ".atlas" + "v1." + mixed(67)],
    "Doppler": ["dp" + ".pt." + mixed(43), "dp" + ".st.prd." + mixed(43)],
    "Grafana": ["gl" + "sa_" + mixed(32) + "_" + hexed(8), "gl" + "c_" + mixed(60)],
    "New Relic": ["NR" + "AK-" + "QWERTY123" * 3],
    "Sentry": ["sntr" + "ys_" + mixed(80)],
    "Replicate": ["r" + "8_" + mixed(37)],
    "Groq": ["gs" + "k_" + mixed(52)],
    "xAI": ["xa" + "i-" + mixed(80)],
    "Perplexity": ["pp" + "lx-" + mixed(48)],
    "Pinecone": ["pc" + "sk_" + mixed(60)],
    "LangSmith": ["ls" + "v2_pt_" + hexed(32) + "_" + hexed(10)],
    "Kaggle": ["KG" + "AT_" + hexed(32)],
    "Neptune": ["eyJ" + "hcGlf" + mixed(120) + "=="],
    "Airtable": ["pa" + "t" + mixed(14) + "." + hexed(64)],
    "Figma": ["fig" + "d_" + mixed(40)],
    "Postman": ["PM" + "AK-" + hexed(24) + "-" + hexed(34)],
    "RubyGems": ["ruby" + "gems_" + hexed(48)],
    "Tailscale": ["ts" + "key-auth-" + mixed(30)],
    "Pulumi": ["pu" + "l-" + hexed(40)],
    "age": ["AGE-SECRET" + "-KEY-1" + "QWERTY123" * 7],
    "JWT": ["ey" + "J" + mixed(20) + "." + mixed(20) + "." + mixed(20)],
}

# What stands before the secret and stays, the secret, what follows and stays.
PLACES: Final[dict[str, list[tuple[str, str, str]]]] = {
    "account in an address": [
        ("https://", "ada:hunter2@", "example.org/x"),
        ("https://", "ada:hun@ter2@", "example.org/x"),
        ("postgresql+psycopg://", "ada:hunter2@", "db:5432/runs"),
        ("https://", mixed(32) + "@", "o1.ingest.sentry.io/2"),
    ],
    "secret in a query": [
        ("postgres://h/d?sslmode=on&password=", "abc", "&x=1"),
        ("https://h/x?X-Amz-Signature=", hexed(64), "&y=1"),
        ("https://h/x?sv=1&sig=", mixed(43), ""),
    ],
    "named secret": [
        ("password=", "hunter2x", " user=ada"),
        ("DB_PASSWORD=", "hunter2x", ""),
        ('"client_secret": ', '"correcthorse"', "}"),
        ("Server=x;Password=", "Secr3tpw1", ";Encrypt=yes"),
        ("AccountName=x;Account" + "Key=", mixed(86) + "==", ";EndpointSuffix=y"),
        ("export OPENROUTER_API_KEY=", mixed(30), ""),
        ("apiKey => ", "'correcthorsebattery'", ","),
    ],
    "authorization header": [
        ("Authorization: Bearer ", mixed(40), ""),
        ("'Authorization': 'Basic ", mixed(24), "'"),
    ],
    "AWS secret key": [("aws_secret_access_key ", mixed(40), "")],
    "Weights & Biases, 40 letters": [
        ("wandb login ", hexed(40), ""),
        ("machine api.wandb.ai password is ", hexed(40), " now"),
    ],
    "Twilio auth token": [("Twilio client AC1 with ", hexed(32), "")],
    "Heroku, a UUID": [("heroku api key ", "12345678-1234-1234-1234-123456789abc", "")],
    "netrc": [("machine example.org login ada password ", "hunter2", "")],
}


def test_every_form_and_every_context_is_tried_and_told() -> None:
    assert set(SECRETS) == set(FORMS)
    assert set(PLACES) == set(CONTEXTS)
    assert len(FORMS) >= 40
    page = PAGE.read_text()
    assert [name for name in (*FORMS, *CONTEXTS) if f"{name}," not in page] == []


@pytest.mark.parametrize("name", list(SECRETS))
def test_a_secret_of_a_known_form_is_cut_out(name: str) -> None:
    for secret in SECRETS[name]:
        assert clean_text(f"before {secret} after") == f"before {REDACTED} after"
        assert clean_text(f'key="{secret}"') == f'key="{REDACTED}"'
        assert secret not in repr(clean({"note": ["see", {"deep": f"x {secret}"}]}))
        assert secret not in repr(clean_argv(["run", secret, f"--x={secret}"]))


@pytest.mark.parametrize("name", list(PLACES))
def test_what_is_a_secret_where_it_stands_is_cut_out(name: str) -> None:
    for before, secret, after in PLACES[name]:
        text = f"{before}{secret}{after}"
        gone = "" if name == "account in an address" else REDACTED
        assert clean_text(text) == f"{before}{gone}{after}"


@pytest.mark.parametrize(
    "text",
    [
        "commit " + hexed(40),
        "sha256:" + hexed(64),
        "md5 " + hexed(32),
        "run " + str(uuid.UUID(int=2**127 + 3)),
        "max_tokens=512000000 num_tokens: 12345678 tokenizer=gpt2-large-12345",
        "the token is <eos>, pad_token_id=50256000",
        "password = get_password()",
        "self.password = password",
        "password: str | None = None",
        "Enter your password:",
        "api_key=None, secret=os.environ[NAME]",
        "secret_size=12345678 key_dim=12345678 monkey=12345678",
        "sk-learn-is-a-library-for-machine-learning",
        "task-12345678901234567890123 risk-12345678901234567890123",
        "wandb 0.31.0 at " + hexed(40),
        "git@github.com:ada/work.git",
        "ssh://git@example.org/ada/work.git",
        "https://example.org/@ada/work?user=a@example.org",
        "see https://example.org/a/b?x=1&y=2#z",
        "Bearer of good news arrived at the training of today",
        "model-00001-of-00012.safetensors saved in /data/checkpoints/epoch_000123",
        " 45%|█████████████▌                | 4523/10000 [00:12<00:14, 381.2it/s]",
        "eyJust a word",
        "-----BEGIN CERTIFICATE-----",
    ],
)
def test_what_is_no_secret_stays(text: str) -> None:
    assert clean_text(text) == text


def key_lines(kind: str) -> list[str]:
    dashes = "-" * 5
    return [
        f"{dashes}BEGIN {kind}PRIVATE KEY{dashes}",
        mixed(64),
        mixed(12) + "=",
        f"{dashes}END {kind}PRIVATE KEY{dashes}",
    ]


@pytest.mark.parametrize("kind", ["", "RSA ", "EC ", "OPENSSH ", "ENCRYPTED "])
def test_a_private_key_is_cut_out_with_its_lines(kind: str) -> None:
    lines = key_lines(kind)
    assert clean_text("\n".join(["a", *lines, "b"])) == f"a\n{REDACTED}\nb"
    assert clean_text("\n".join(["a", *lines[:2]])) == f"a\n{REDACTED}"


def test_lines_that_come_one_by_one_may_hold_a_private_key() -> None:
    cleaner = LineCleaner()
    found = [cleaner(line) for line in ["a", *key_lines("RSA "), "b"]]
    assert found == ["a", REDACTED, REDACTED, REDACTED, REDACTED, "b"]


def test_the_rest_of_a_line_with_a_whole_key_stays() -> None:
    cleaner = LineCleaner()
    assert cleaner("\\n".join(key_lines("")) + " x") == f"{REDACTED} x"
    assert cleaner("b") == "b"


def test_several_secrets_of_a_text_are_all_cut_out() -> None:
    one, other = SECRETS["GitHub"][0], SECRETS["npm"][0]
    assert clean_text(f"{one},{other}\n{one}") == f"{REDACTED},{REDACTED}\n{REDACTED}"
