using TrafficCtl.Cli.Invocation;
using TrafficCtl.Daemon.Access;
using TrafficCtl.TestKit;
using Xunit;

namespace TrafficCtl.Cli.Tests.Commands;

public sealed class TokenCommandTests : IDisposable
{
    private readonly TemporaryDirectory directory = new();

    private string FilePath => Path.Combine(directory.Path, TokenListFile.Name);

    [Fact]
    public async Task Makes_lists_and_revokes_a_token()
    {
        var made = await AskAsync("create", "ci", "--role", "operator", "--service", "shop.checkout", "--environment", "staging");
        Assert.Equal(0, made.ExitCode);
        var kept = TokenListFile.Read(FilePath).Single();
        Assert.True(kept.Is(made.Out.Trim()));
        Assert.Equal([new Grant(Role.Operator, "shop.checkout", "staging")], kept.Grants);

        Assert.Equal(0, (await AskAsync("revoke", "ci")).ExitCode);
        Assert.NotNull(TokenListFile.Read(FilePath).Single().RevokedAt);
        Assert.Contains("revoked", (await AskAsync("list")).Out, StringComparison.Ordinal);
        Assert.NotEqual(0, (await AskAsync("revoke", "ci")).ExitCode);
    }

    [Theory]
    [InlineData("--service", "")]
    [InlineData("--service", "check*")]
    [InlineData("--service", "Checkout")]
    [InlineData("--service", "checkout@prod")]
    [InlineData("--environment", "")]
    [InlineData("--environment", "prod/eu")]
    [InlineData("--environment", "**")]
    public async Task Makes_no_token_for_a_name_that_nothing_can_have(string option, string name)
    {
        Assert.Equal(ExitCodes.Usage, (await AskAsync("create", "ci", option, name)).ExitCode);
        Assert.Empty(TokenListFile.Read(FilePath));
    }

    [Fact]
    public async Task Tokens_that_are_refused_anyway_make_room_in_a_full_file()
    {
        var (ended, _) = Token.Make("old", new Grant(Role.Viewer), DateTimeOffset.UnixEpoch, DateTimeOffset.UnixEpoch);
        TokenListFile.Write(FilePath, [.. Enumerable.Repeat(ended, TokenListFile.Most)]);
        Assert.Equal(0, (await AskAsync("create", "ci")).ExitCode);
        Assert.Equal("ci", TokenListFile.Read(FilePath).Single().Name);
    }

    [Fact]
    public async Task A_name_has_one_token_at_a_time()
    {
        Assert.Equal(0, (await AskAsync("create", "ci")).ExitCode);
        var first = TokenListFile.Read(FilePath).Single();
        foreach (var taken in (string[])["ci", first.Id])
        {
            var refused = await AskAsync("create", taken);
            Assert.Equal(ExitCodes.Failed, refused.ExitCode);
            Assert.Contains($"the name is taken: {taken}: token {first.Id} has it", refused.Error, StringComparison.Ordinal);
            Assert.Contains($"trafficctl token revoke {first.Id}", refused.Error, StringComparison.Ordinal);
        }

        Assert.Equal(first.Id, TokenListFile.Read(FilePath).Single().Id);
        Assert.Equal(0, (await AskAsync("revoke", "ci")).ExitCode);
        Assert.Equal(0, (await AskAsync("create", "ci")).ExitCode);
    }

    [Theory]
    [InlineData("tctl_s3cr3t\nx")]
    [InlineData("tctl_s3cr3t x")]
    [InlineData("tctl_s3cr3tü")]
    public async Task Says_what_is_wrong_with_the_variable_and_not_what_it_holds(string token)
    {
        var run = await Run.InAsync(name => name == AskOptions.TokenVariable ? token : null, ["status"]);
        Assert.Equal(ExitCodes.Usage, run.ExitCode);
        Assert.Contains(AskOptions.TokenVariable, run.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("s3cr3t", run.Error, StringComparison.Ordinal);
    }

    public void Dispose() => directory.Dispose();

    private Task<Run> AskAsync(params string[] args) => Run.OfAsync(["token", .. args, "--file", FilePath]);
}
