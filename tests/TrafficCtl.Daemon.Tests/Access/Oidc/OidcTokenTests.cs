using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Grpc.Core;
using TrafficCtl.Daemon.Tests.Api;
using TrafficCtl.V1;
using Xunit;

namespace TrafficCtl.Daemon.Tests.Access.Oidc;

public sealed class OidcTokenTests
{
    [Fact]
    public async Task A_user_may_what_its_name_and_its_groups_are_granted_by_both_protocols()
    {
        await using var stage = await OidcStage.StartAsync();
        var token = stage.Token();
        using var response = await stage.AskAsync(token);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        using var channel = stage.Host.Channel(request => request.Headers.Authorization = new("Bearer", token));
        var client = new Rollouts.RolloutsClient(channel);
        foreach (var kind in (string[])["pause", "promote-full"])
            Assert.True((await client.MakeWishAsync(new MakeWishRequest { Service = "checkout", Kind = kind, Who = "else" })).Accepted);
        Assert.All(stage.Host.Wished, static wish => Assert.Equal("ana", wish.Who));
        var unseen = await Assert.ThrowsAsync<RpcException>(
            () => client.GetServiceAsync(new GetServiceRequest { Service = "search" }).ResponseAsync);
        Assert.Equal(StatusCode.NotFound, unseen.StatusCode);
    }

    [Fact]
    public async Task A_user_without_a_grant_sees_nothing_and_nobody_is_let_in_without_a_token()
    {
        await using var stage = await OidcStage.StartAsync();
        using var stranger = await stage.AskAsync(stage.Token(static claims => (claims["sub"], claims["groups"]) = ("eve", null)));
        Assert.Equal(HttpStatusCode.NotFound, stranger.StatusCode);
        using var nobody = await stage.AskAsync(null);
        Assert.Equal(HttpStatusCode.Unauthorized, nobody.StatusCode);
    }

    [Theory]
    [InlineData("expired", "it has expired")]
    [InlineData("not yet valid", "it is not valid yet")]
    [InlineData("without an end", "it has no end")]
    [InlineData("another audience", "it is not for trafficctl")]
    [InlineData("no audience", "it is not for trafficctl")]
    [InlineData("another issuer", "it is not known here")]
    [InlineData("alg none", "its signature is not its issuer's")]
    [InlineData("alg none without a kid", "its signature is not its issuer's")]
    [InlineData("HS256 with the public key", "its signature is not its issuer's")]
    [InlineData("HS256 with a published secret", "signed by a key that its issuer does not have")]
    [InlineData("forged", "its signature is not its issuer's")]
    [InlineData("changed claims", "its signature is not its issuer's")]
    [InlineData("unknown key", "signed by a key that its issuer does not have")]
    [InlineData("two names", "it is not known here")]
    [InlineData("an unprintable name", "does not name one user")]
    [InlineData("garbage", "it is not known here")]
    public async Task A_token_that_is_not_in_order_is_refused(string what, string says)
    {
        await using var stage = await OidcStage.StartAsync();
        var (issuer, now) = (stage.Issuer, Example.Now);
        using var other = RSA.Create(2048);
        using var good = await stage.AskAsync(stage.Token());
        Assert.Equal(HttpStatusCode.OK, good.StatusCode);
        var token = what switch
        {
            "expired" => issuer.Token(now.AddHours(-1).AddSeconds(-60)),
            "not yet valid" => issuer.Token(now.AddSeconds(61)),
            "without an end" => issuer.Token(now, static claims => claims.Remove("exp")),
            "another audience" => issuer.Token(now, static claims => claims["aud"] = new JsonArray("vault", "trafficctl2")),
            "no audience" => issuer.Token(now, static claims => claims.Remove("aud")),
            "another issuer" => issuer.Token(now, static claims => claims["iss"] = "https://evil.example"),
            "alg none" => issuer.Token(now, head: static head => head["alg"] = "none", sign: static _ => []),
            "alg none without a kid" => issuer.Token(
                now,
                head: static head =>
                {
                    head["alg"] = "none";
                    head.Remove("kid");
                },
                sign: static _ => []),
            "HS256 with the public key" => issuer.Token(
                now, head: static head => head["alg"] = "HS256",
                sign: bytes => HMACSHA256.HashData(Encoding.ASCII.GetBytes(issuer.PublicKeyPem()), bytes)),
            "HS256 with a published secret" => issuer.Token(
                now, head: static head => (head["alg"], head["kid"]) = ("HS256", "shared"),
                sign: static bytes => HMACSHA256.HashData(Encoding.ASCII.GetBytes(new string('k', 64)), bytes)),
            "forged" => issuer.Token(
                now, sign: bytes => other.SignData(bytes, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1)),
            "changed claims" => Swap(issuer.Token(now), issuer.Token(now, static claims => claims["sub"] = "root")),
            "unknown key" => issuer.Token(
                now, head: static head => head["kid"] = "k2",
                sign: bytes => other.SignData(bytes, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1)),
            "two names" => issuer.Token(now, static claims => claims["sub"] = new JsonArray("ana", "root")),
            "an unprintable name" => issuer.Token(now, static claims => claims["sub"] = "ana\u202e"),
            _ => "a.b.c",
        };
        var detail = await stage.RefusedAsync(token);
        Assert.StartsWith("the token is refused: ", detail, StringComparison.Ordinal);
        Assert.Contains(says, detail, StringComparison.Ordinal);
        Assert.DoesNotContain(stage.Said.Lines, line => line.Contains(token, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Clocks_may_be_a_minute_apart()
    {
        await using var stage = await OidcStage.StartAsync();
        foreach (var token in (string[])[
            stage.Issuer.Token(Example.Now.AddHours(-1).AddSeconds(-59)), stage.Issuer.Token(Example.Now.AddSeconds(60))])
        {
            using var response = await stage.AskAsync(token);
            Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        }
    }

    [Theory]
    [InlineData(true, HttpStatusCode.NotFound)]
    [InlineData(false, HttpStatusCode.Unauthorized)]
    public async Task An_address_that_the_issuer_did_not_verify_names_nobody(bool isVerified, HttpStatusCode expected)
    {
        await using var stage = await OidcStage.StartAsync("email");
        using var response = await stage.AskAsync(
            stage.Token(claims => (claims["email"], claims["email_verified"], claims["groups"]) = ("ana@acme.example", isVerified, null)));
        Assert.Equal(expected, response.StatusCode);
    }

    [Fact]
    public async Task A_watch_ends_when_its_token_does()
    {
        await using var stage = await OidcStage.StartAsync();
        var token = stage.Token();
        using var channel = stage.Host.Channel(request => request.Headers.Authorization = new("Bearer", token));
        using var watch = new Rollouts.RolloutsClient(channel).Watch(new WatchRequest { Service = "checkout" });
        Assert.True(await watch.ResponseStream.MoveNext(CancellationToken.None));
        stage.Clock.Advance(TimeSpan.FromHours(1) + TimeSpan.FromSeconds(61));
        var next = watch.ResponseStream.MoveNext(CancellationToken.None);
        await TestKit.Eventually.TrueAsync(
            () =>
            {
                if (next is { IsCompletedSuccessfully: true, Result: true }) next = watch.ResponseStream.MoveNext(CancellationToken.None);
                else if (!next.IsCompleted) stage.Clock.Advance(TimeSpan.FromSeconds(1));
                return next is { IsCompletedSuccessfully: true, Result: false };
            },
            "the stream ends");
    }

    /// <summary>The claims of one token under the signature of another.</summary>
    private static string Swap(string signature, string claims) =>
        $"{claims.Split('.')[0]}.{claims.Split('.')[1]}.{signature.Split('.')[2]}";
}
