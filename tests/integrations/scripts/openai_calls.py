"""OpenAI's client, whose answers a transport of its own makes up."""

import asyncio
import json
import os

import httpx2 as httpx
from openai import AsyncOpenAI, OpenAI
from wandb.integration.openai import autolog


def answer(request: httpx.Request) -> httpx.Response:
    asked = json.loads(request.content)
    said = asked["messages"][-1]["content"].upper()
    return httpx.Response(
        200,
        json={
            "id": "1", "object": "chat.completion", "created": 0, "model": asked["model"],
            "choices": [
                {
                    "index": 0,
                    "finish_reason": "stop",
                    "message": {"role": "assistant", "content": said},
                }
            ],
            "usage": {"prompt_tokens": 3, "completion_tokens": 4, "total_tokens": 7},
        },
    )  # fmt: skip


messages = [{"role": "user", "content": "hello"}]
client = OpenAI(api_key="none", http_client=httpx.Client(transport=httpx.MockTransport(answer)))
later = AsyncOpenAI(
    api_key="none", http_client=httpx.AsyncClient(transport=httpx.MockTransport(answer))
)

autolog({"name": "chat"})
client.chat.completions.create(model="m", messages=messages)
asyncio.run(later.chat.completions.create(model="m", messages=messages))
autolog.disable()
client.chat.completions.create(model="m", messages=messages)
with open(os.environ["TRUTH"], "w") as truth:
    json.dump({"calls": 2}, truth)
