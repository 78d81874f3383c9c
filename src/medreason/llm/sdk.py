"""The way to a server through the ``openai`` SDK: Azure sign-in and whatever else it brings. Its retries are off.

Needs the extra ``openai``. Azure without a key signs in with ``azure-identity`` (managed identity, ``az login``).
"""

from __future__ import annotations

import json
from typing import Any

from medreason.errors import UsageError
from medreason.llm.faults import fault
from medreason.llm.keys import Key
from medreason.llm.privacy import host_of, is_loopback
from medreason.llm.settings import Endpoint
from medreason.llm.transport import RawReply, TransportError

AZURE_SCOPE = "https://cognitiveservices.azure.com/.default"


class SdkTransport:
    """A server behind the SDK.

    Raises:
        UsageError: a package is missing.
    """

    def __init__(self, endpoint: Endpoint, key: Key) -> None:
        try:
            import openai
        except ImportError:
            raise UsageError(
                f"transport {endpoint.transport} needs the openai package", fix="pip install 'medreason[openai]'"
            ) from None
        self._sdk = openai
        self._host = host_of(endpoint.base_url)
        self._timeout = endpoint.timeout
        self._credential: Any = None
        options: dict[str, Any] = {
            "max_retries": 0,
            "timeout": endpoint.timeout,
            "http_client": openai.DefaultAsyncHttpxClient(
                trust_env=not is_loopback(self._host), follow_redirects=False
            ),
        }
        if endpoint.transport == "azure":
            sign_in = {"api_key": key.reveal()} if key else {"azure_ad_token_provider": self._azure_sign_in()}
            self._client: Any = openai.AsyncAzureOpenAI(
                azure_endpoint=endpoint.base_url, api_version=endpoint.api_version, **sign_in, **options
            )
        else:
            # The SDK demands some key and would take one from the environment that was not named.
            self._client = openai.AsyncOpenAI(base_url=endpoint.base_url, api_key=key.reveal() or "none", **options)

    def _azure_sign_in(self) -> Any:
        try:
            from azure.identity.aio import DefaultAzureCredential, get_bearer_token_provider
        except ImportError:
            raise UsageError(
                "Azure without a key needs azure-identity", fix="pip install azure-identity aiohttp, or name a key"
            ) from None
        self._credential = DefaultAzureCredential()
        return get_bearer_token_provider(self._credential, AZURE_SCOPE)

    async def send(self, payload: bytes) -> RawReply:
        """Sends a JSON object.

        Raises:
            TransportError: no whole reply came.
        """
        body = json.loads(payload)
        known = {name: body.pop(name) for name in ("model", "messages")}
        try:
            raw = await self._client.chat.completions.with_raw_response.create(**known, extra_body=body)
            reply = raw.http_response
        except self._sdk.APIStatusError as error:
            reply = error.response
        except self._sdk.APITimeoutError:
            raise TransportError(fault("timeout", f"no reply within {self._timeout:g} s")) from None
        except self._sdk.APIConnectionError as error:
            never = type(error.__cause__).__name__ in ("ConnectError", "ConnectTimeout")
            kind = "unreachable" if never else "dropped"
            raise TransportError(fault(kind, f"{self._host}: {type(error.__cause__).__name__}")) from None
        headers = {name.lower(): value for name, value in reply.headers.items()}
        return RawReply(reply.status_code, headers, reply.text)

    async def close(self) -> None:
        """Closes connections."""
        await self._client.close()
        if self._credential is not None:
            await self._credential.close()
