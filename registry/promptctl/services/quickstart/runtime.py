"""A runtime: answers each question on standard input with whatever prod serves at that moment.

python runtime.py REGISTRY_URL MODEL_URL. One JSON object a line in: `{"question", "documents"}`, or `{}` to
ask for the version only; one a line out: `{"version", "answer"}`.
"""

import json
import sys
import urllib.request

import promptctl


def main(registry_url: str, model_url: str) -> None:
    """Follow prod and answer until standard input ends."""
    with promptctl.connect(registry_url, environment="prod", refresh=1) as registry:
        for line in sys.stdin:
            asked = json.loads(line)
            prompt = registry.prompt("support-answer")
            answer = None
            if asked:
                context = prompt.context(asked["documents"])
                chat = prompt.render(question=asked["question"], context=context)
                answer = complete(model_url, chat.openai())
            print(json.dumps({"version": prompt.version, "answer": answer}), flush=True)  # noqa: T201


def complete(model_url: str, arguments: dict[str, object]) -> str:
    """Call any server that speaks the chat-completions API."""
    body = json.dumps(arguments).encode()
    headers = {"Content-Type": "application/json"}
    request = urllib.request.Request(f"{model_url}/v1/chat/completions", body, headers)  # noqa: S310 - loopback
    with urllib.request.urlopen(request, timeout=120) as response:  # noqa: S310 - loopback
        return str(json.load(response)["choices"][0]["message"]["content"])


if __name__ == "__main__":
    main(*sys.argv[1:])
