using TrafficCtl.V1;
using Xunit;

namespace TrafficCtl.Cli.Tests.Commands;

public sealed class PublishTests
{
    private static readonly string Digest = "sha256:" + new string('a', 64);

    [Theory]
    [InlineData(false, "checkout: v9 is published\n")]
    [InlineData(true, "checkout: v9 was published before\n")]
    public async Task With_a_digest_a_version_is_recorded(bool isKnown, string says)
    {
        await using var daemon = (await CannedDaemon.StartAsync())
            .With("/v1/services", new ListServicesResponse { Services = { Example.Active() } })
            .With("/v1/services/checkout/publications", new PublishResponse { Published = new PublishedVersion(), Known = isKnown });
        var run = await Run.OfAsync(
            daemon.Address,
            [
                "publish", "v9", "--digest", Digest, "--artifact", "ghcr.io/acme/checkout", "--commit", "0123abc", "--change",
                "https://git.example/pull/7", "--compatibility", "expand", "--idempotency-key", "build-17",
            ]);
        Assert.Equal(new Run(0, says, ""), run);
        Assert.Equal(
            new PublishRequest
            {
                Service = "checkout",
                Version = "v9",
                Digest = Digest,
                Artifact = "ghcr.io/acme/checkout",
                Commit = "0123abc",
                Author = "ana",
                Change = "https://git.example/pull/7",
                Compatibility = "expand",
                IdempotencyKey = "build-17",
            },
            daemon.Publications.Single());
    }

    [Fact]
    public async Task A_version_that_is_something_else_already_is_refused_in_the_daemon_s_words()
    {
        await using var daemon = (await CannedDaemon.StartAsync()).With(
            "/v1/services/checkout/publications",
            new Problem { Title = "other digest", Detail = "checkout v9 was published as sha256:b", Status = 409 });
        var run = await Run.OfAsync(daemon.Address, ["publish", "checkout", "v9", "--digest", Digest]);
        Assert.Equal((1, ""), (run.ExitCode, run.Out));
        Assert.StartsWith("trafficctl: other digest: ", run.Error, StringComparison.Ordinal);
        Assert.EndsWith("checkout v9 was published as sha256:b\n", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_is_said_of_a_version_without_a_digest_is_refused()
    {
        await using var daemon = await CannedDaemon.StartAsync();
        Assert.Equal(
            new Run(2, "", "trafficctl: no digest: --commit: name the content with --digest sha256:HEX, as sha256sum prints it\n"),
            await Run.OfAsync(daemon.Address, ["publish", "checkout", "v9", "--commit", "0123abc"]));
    }
}
