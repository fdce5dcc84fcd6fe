using System.Net;
using System.Security.Cryptography;
using Microsoft.AspNetCore.Http;
using TrafficCtl.Daemon.Access.Oidc;
using TrafficCtl.Daemon.Hosting;
using TrafficCtl.TestKit;
using Xunit;

namespace TrafficCtl.Daemon.Tests.Access.Oidc;

public sealed class OidcKeysTests
{
    [Fact]
    public async Task Asks_the_issuer_once_for_many_tokens()
    {
        await using var stage = await OidcStage.StartAsync();
        for (var i = 0; i < 5; i++)
        {
            using var response = await stage.AskAsync(stage.Token());
            Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        }

        Assert.Equal(["/.well-known/openid-configuration", "/keys"], stage.Issuer.Asked);
    }

    [Fact]
    public async Task A_key_that_is_not_known_is_fetched_at_once_and_at_most_every_ten_seconds()
    {
        await using var stage = await OidcStage.StartAsync();
        var former = stage.Token();
        Assert.Equal(HttpStatusCode.OK, (await stage.AskAsync(former)).StatusCode);
        stage.Issuer.Rotate("k2");
        Assert.Contains("a key that its issuer does not have", await stage.RefusedAsync(stage.Token()), StringComparison.Ordinal);
        stage.Clock.Advance(OidcKeys.Pause);
        Assert.Equal(HttpStatusCode.OK, (await stage.AskAsync(stage.Token())).StatusCode);
        Assert.Equal(4, stage.Issuer.Asked.Count);
        // The former key is gone with it.
        stage.Clock.Advance(OidcKeys.Pause);
        await stage.RefusedAsync(former);
        using var other = RSA.Create(2048);
        for (var i = 0; i < 20; i++)
            await stage.RefusedAsync(stage.Issuer.Token(
                stage.Clock.GetUtcNow(), head: head => head["kid"] = $"made up {i}",
                sign: bytes => other.SignData(bytes, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1)));
        Assert.Equal(6, stage.Issuer.Asked.Count);
    }

    [Fact]
    public async Task Keys_that_are_old_are_read_again_beside_the_calls()
    {
        await using var stage = await OidcStage.StartAsync();
        Assert.Equal(HttpStatusCode.OK, (await stage.AskAsync(stage.Token())).StatusCode);
        stage.Clock.Advance(OidcKeys.Fresh);
        Assert.Equal(HttpStatusCode.OK, (await stage.AskAsync(stage.Token())).StatusCode);
        await Eventually.TrueAsync(() => stage.Issuer.Asked.Count == 4, "the keys are read again");
    }

    [Fact]
    public async Task An_issuer_that_is_gone_leaves_its_keys_in_force_for_six_hours_and_then_nobody_is_let_in()
    {
        await using var stage = await OidcStage.StartAsync();
        Assert.Equal(HttpStatusCode.OK, (await stage.AskAsync(stage.Token())).StatusCode);
        stage.Issuer.Instead = static context =>
        {
            context.Abort();
            return Task.FromResult(true);
        };
        stage.Clock.Advance(OidcKeys.Longest - TimeSpan.FromSeconds(1));
        Assert.Equal(HttpStatusCode.OK, (await stage.AskAsync(stage.Token())).StatusCode);
        await Eventually.TrueAsync(
            () => stage.Said.Lines.Any(static line => line.Contains("stay in force for up to 6 h", StringComparison.Ordinal)),
            "the trouble is reported", () => string.Join('\n', stage.Said.Lines));
        stage.Clock.Advance(TimeSpan.FromSeconds(1));
        Assert.Contains("cannot be read now", await stage.RefusedAsync(stage.Token(), HttpStatusCode.ServiceUnavailable));
        stage.Issuer.Instead = static _ => Task.FromResult(false);
        stage.Clock.Advance(OidcKeys.Pause);
        Assert.Equal(HttpStatusCode.OK, (await stage.AskAsync(stage.Token())).StatusCode);
    }

    [Theory]
    [InlineData("redirect", "redirects are not followed")]
    [InlineData("another issuer", "names another issuer")]
    [InlineData("keys in the clear", "no jwks_uri over https")]
    [InlineData("no keys", "no jwks_uri over https")]
    [InlineData("too large", "cannot be read now")]
    [InlineData("garbage", "is not the JSON that was asked for")]
    [InlineData("error", "answers 500")]
    [InlineData("slow", "it does not answer in time")]
    public async Task What_an_issuer_must_not_say_lets_nobody_in(string what, string says)
    {
        await using var stage = await OidcStage.StartAsync(within: what == "slow" ? TimeSpan.FromMilliseconds(200) : null);
        var asked = 0;
        stage.Issuer.Changed = document =>
        {
            if (what == "another issuer") document["issuer"] = "https://evil.example";
            if (what == "keys in the clear") document["jwks_uri"] = "http://evil.example/keys";
            if (what == "no keys") document.Remove("jwks_uri");
        };
        stage.Issuer.Instead = async context =>
        {
            asked++;
            switch (what)
            {
                case "redirect": context.Response.Redirect("http://127.0.0.1:9/"); return true;
                case "too large": await context.Response.WriteAsync(new string(' ', OidcFetch.MaxBytes + 1)); return true;
                case "garbage": await context.Response.WriteAsync("<html>"); return true;
                case "error": context.Response.StatusCode = 500; return true;
                case "slow": await Hang.UntilAsync(context.RequestAborted); return true;
                default: return false;
            }
        };
        Assert.Contains(says, await stage.RefusedAsync(stage.Token(), HttpStatusCode.ServiceUnavailable), StringComparison.Ordinal);
        Assert.Equal(1, asked);
    }

    [Theory]
    [InlineData("https://login.example.com", null)]
    [InlineData("https://login.example.com/realms/acme", null)]
    [InlineData("http://127.0.0.1:8080", null)]
    [InlineData("http://login.example.com", "in the clear")]
    [InlineData("https://login.example.com/?tenant=a", "neither a query nor a fragment")]
    [InlineData("https://a:b@login.example.com", "a user or a password")]
    [InlineData("login.example.com", "is not an issuer")]
    public void An_issuer_is_named_over_https_or_on_this_machine(string issuer, string? says)
    {
        var problem = new OidcOptions(issuer, "trafficctl").Problem();
        if (says is null) Assert.Null(problem);
        else Assert.Contains(says, problem);
    }
}
