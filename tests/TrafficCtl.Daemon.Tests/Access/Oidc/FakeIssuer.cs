using System.Collections.Concurrent;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace TrafficCtl.Daemon.Tests.Access.Oidc;

/// <summary>An OIDC issuer over loopback HTTP: a discovery document, keys, and tokens of every kind.</summary>
internal sealed class FakeIssuer : IAsyncDisposable
{
    private readonly WebApplication app;
    private RSA key = RSA.Create(2048);

    private FakeIssuer(WebApplication app) => this.app = app;

    public string Address => app.Urls.First();

    /// <summary>What was asked, in order.</summary>
    public ConcurrentQueue<string> Asked { get; } = new();

    /// <summary>Answers instead of the usual; true when it did.</summary>
    public Func<HttpContext, Task<bool>> Instead { get; set; } = static _ => Task.FromResult(false);

    /// <summary>What the discovery document says otherwise.</summary>
    public Action<JsonObject> Changed { get; set; } = static _ => { };

    /// <summary>Names the key that signs.</summary>
    public string Kid { get; private set; } = "k1";

    public static async Task<FakeIssuer> StartAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(static kestrel => kestrel.Listen(IPAddress.Loopback, 0));
        var made = new FakeIssuer(builder.Build());
        made.app.Run(made.AnswerAsync);
        await made.app.StartAsync();
        return made;
    }

    /// <summary>Another key signs from now on, and the former one is gone.</summary>
    public void Rotate(string kid)
    {
        key.Dispose();
        (key, Kid) = (RSA.Create(2048), kid);
    }

    public string PublicKeyPem() => key.ExportSubjectPublicKeyInfoPem();

    /// <summary>A token.</summary>
    /// <param name="now">For which it is good.</param>
    /// <param name="change">Changes its claims.</param>
    /// <param name="head">Changes its header.</param>
    /// <param name="sign">Signs otherwise than the issuer does.</param>
    public string Token(
        DateTimeOffset now, Action<JsonObject>? change = null, Action<JsonObject>? head = null, Func<byte[], byte[]>? sign = null)
    {
        var header = new JsonObject { ["alg"] = "RS256", ["typ"] = "JWT", ["kid"] = Kid };
        var claims = new JsonObject
        {
            ["iss"] = Address,
            ["aud"] = "trafficctl",
            ["sub"] = "ana",
            ["groups"] = new JsonArray("sre", "leads"),
            ["iat"] = now.ToUnixTimeSeconds(),
            ["nbf"] = now.ToUnixTimeSeconds(),
            ["exp"] = now.AddHours(1).ToUnixTimeSeconds(),
        };
        head?.Invoke(header);
        change?.Invoke(claims);
        var text = $"{Encode(header.ToJsonString())}.{Encode(claims.ToJsonString())}";
        var bytes = Encoding.ASCII.GetBytes(text);
        var signature = sign is null ? key.SignData(bytes, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1) : sign(bytes);
        return $"{text}.{Encode(signature)}";
    }

    public async ValueTask DisposeAsync()
    {
        await app.DisposeAsync();
        key.Dispose();
    }

    private async Task AnswerAsync(HttpContext context)
    {
        Asked.Enqueue(context.Request.Path);
        if (await Instead(context)) return;
        if (context.Request.Path == "/.well-known/openid-configuration")
        {
            var document = new JsonObject { ["issuer"] = Address, ["jwks_uri"] = $"{Address}/keys" };
            Changed(document);
            await context.Response.WriteAsync(document.ToJsonString());
        }
        else if (context.Request.Path == "/keys")
        {
            var parameters = key.ExportParameters(includePrivateParameters: false);
            await context.Response.WriteAsync(JsonSerializer.Serialize(new
            {
                keys = new object[]
                {
                    new { kty = "RSA", use = "sig", kid = Kid, n = Encode(parameters.Modulus!), e = Encode(parameters.Exponent!) },
                    new { kty = "oct", use = "sig", kid = "shared", k = Encode(Encoding.ASCII.GetBytes(new string('k', 64))) },
                },
            }));
        }
        else
        {
            context.Response.StatusCode = StatusCodes.Status404NotFound;
        }
    }

    private static string Encode(string text) => Encode(Encoding.UTF8.GetBytes(text));

    private static string Encode(byte[] bytes) => System.Buffers.Text.Base64Url.EncodeToString(bytes);
}
