using Microsoft.Extensions.Logging.Abstractions;
using TrafficCtl.Daemon.Access;
using TrafficCtl.TestKit;
using Xunit;

namespace TrafficCtl.Daemon.Tests.Access;

public sealed class TokensTests : IDisposable
{
    private static readonly DateTimeOffset Now = new(2026, 1, 1, 12, 0, 0, TimeSpan.Zero);

    private readonly TemporaryDirectory directory = new();
    private readonly ManualClock clock = new(Now);

    private string FilePath => Path.Combine(directory.Path, TokenListFile.Name);

    [Fact]
    public void Keeps_no_secret()
    {
        var text = Add("ci");
        var kept = File.ReadAllText(FilePath);
        Assert.DoesNotContain(text.Split('_')[2], kept, StringComparison.Ordinal);
        if (!OperatingSystem.IsWindows())
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(FilePath));
    }

    [Fact]
    public void Knows_a_token_by_its_whole_text()
    {
        var (text, other) = (Add("ci"), Add("bot"));
        using var tokens = Open();
        Assert.Equal("ci", tokens.Verify(text).Identity!.Name);
        string[] forged =
        [
            "", "x", "tctl_", "tctl__", $"{text}0", text[..^1], text.ToUpperInvariant(), $"tctl_{other.Split('_')[1]}_{text.Split('_')[2]}",
            text.Replace("tctl", "TCTL", StringComparison.Ordinal), $"{text}_", new string('_', 100_000),
        ];
        Assert.All(forged, wrong => Assert.Equal((null, "it is not known here"), tokens.Verify(wrong)));
    }

    [Fact]
    public void Refuses_an_expired_token_from_its_end_on()
    {
        var text = Add("ci", expiresAt: Now.AddDays(1));
        using var tokens = Open();
        clock.Advance(TimeSpan.FromDays(1) - TimeSpan.FromTicks(1));
        Assert.NotNull(tokens.Verify(text).Identity);
        clock.Advance(TimeSpan.FromTicks(1));
        Assert.Equal("it has expired", tokens.Verify(text).Refused);
    }

    [Fact]
    public void A_clock_that_is_set_back_brings_no_expired_token_back()
    {
        var text = Add("ci", expiresAt: Now.AddDays(1));
        using var tokens = Open();
        var before = tokens.Verify(text).Identity!;
        clock.Set(TimeSpan.FromDays(2));
        Assert.False(before.IsStillGood());
        clock.Set(TimeSpan.FromDays(-2));
        Assert.Equal("it has expired", tokens.Verify(text).Refused);
        Assert.False(before.IsStillGood());
    }

    [Fact]
    public void After_a_restart_no_time_counts_that_is_before_the_newest_change_of_the_file()
    {
        var ended = Add("ci", expiresAt: Now.AddDays(1));
        clock.Advance(TimeSpan.FromDays(2));
        var (kept, _) = Token.Make("bot", new Grant(Role.Viewer), clock.GetUtcNow(), null);
        TokenListFile.Write(FilePath, TokenListFile.Read(FilePath).Add(kept));
        clock.Set(TimeSpan.FromDays(-2));
        using var tokens = Open();
        Assert.Equal("it has expired", tokens.Verify(ended).Refused);
    }

    [Fact]
    public async Task Sees_a_revocation_while_it_runs()
    {
        var text = Add("ci");
        using var tokens = Open();
        await tokens.StartAsync(default);
        TokenListFile.Write(FilePath, [.. TokenListFile.Read(FilePath).Select(t => t with { RevokedAt = Now })]);
        await UntilAsync(() => tokens.Verify(text).Refused == "it was revoked", "the token is revoked");
        await tokens.StopAsync(default);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("[]")]
    [InlineData("garbage")]
    [InlineData("[{}]")]
    [InlineData("null")]
    [InlineData("""[{"id":"a","name":"evil","hash":"","grants":[{"role":"admin"}]}]""")]
    [InlineData("""[{"id":"a","name":"b","hash":"0000000000000000000000000000000000000000000000000000000000000000","grants":[null]}]""")]
    public async Task A_file_that_is_gone_or_garbage_takes_nobodys_right_and_gives_nobody_one(string? content)
    {
        var text = Add("ci");
        using var tokens = Open();
        await tokens.StartAsync(default);
        if (content is null) File.Delete(FilePath);
        else await File.WriteAllTextAsync(FilePath, content);
        for (var i = 0; i < 10; i++)
        {
            clock.Advance(TimeSpan.FromSeconds(1));
            await Task.Yield();
        }

        Assert.True(tokens.AreNeeded);
        Assert.NotNull(tokens.Verify(text).Identity);

        File.Delete(FilePath);
        var next = Add("bot");
        await UntilAsync(
            () => tokens.Verify(next).Identity is not null && tokens.Verify(text).Identity is null, "the mended file is in force");
        await tokens.StopAsync(default);
    }

    [Theory]
    [InlineData("garbage")]
    [InlineData("{}")]
    [InlineData("null")]
    [InlineData("""[{"id":"a","name":"b","hash":"c","grants":[],"colour":"red"}]""")]
    public void Does_not_start_with_garbage(string content)
    {
        File.WriteAllText(FilePath, content);
        Assert.Throws<InvalidDataException>(Open);
    }

    [Fact]
    public void Loses_no_change_of_two_that_come_at_once()
    {
        var text = Add("ci");
        TokenListFile.Change(FilePath, tokens =>
        {
            Assert.Throws<IOException>(() => TokenListFile.Change(FilePath, static others => [others[0] with { Name = "bot" }]));
            return [.. tokens.Select(t => t with { RevokedAt = Now })];
        });
        using var read = Open();
        Assert.Equal("it was revoked", read.Verify(text).Refused);
        Assert.Equal("ci", TokenListFile.Read(FilePath).Single().Name);
    }

    [Fact]
    public void Writes_no_file_that_somebody_has_linked_to()
    {
        if (OperatingSystem.IsWindows()) return;
        var other = Path.Combine(directory.Path, "other");
        File.WriteAllText(other, "theirs");
        File.CreateSymbolicLink(FilePath + ".new", other);
        Add("ci");
        Assert.Equal("theirs", File.ReadAllText(other));
        Assert.Equal("ci", TokenListFile.Read(FilePath).Single().Name);
    }

    [Fact]
    public void Takes_no_right_from_a_file_that_every_user_may_write()
    {
        if (OperatingSystem.IsWindows()) return;
        Add("ci");
        File.SetUnixFileMode(FilePath, File.GetUnixFileMode(FilePath) | UnixFileMode.OtherWrite);
        Assert.Contains("chmod 600", Assert.Throws<InvalidDataException>(Open).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Takes_a_directory_for_no_file_of_tokens()
    {
        Directory.CreateDirectory(FilePath);
        Assert.Contains("is a directory", Assert.Throws<InvalidDataException>(Open).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Writes_no_more_tokens_than_it_reads()
    {
        Add("ci");
        var one = TokenListFile.Read(FilePath)[0];
        Assert.Throws<InvalidDataException>(() => TokenListFile.Write(FilePath, [.. Enumerable.Repeat(one, TokenListFile.Most + 1)]));
        Assert.Equal("ci", TokenListFile.Read(FilePath).Single().Name);
    }

    [Fact]
    public void Does_not_start_without_a_file_that_a_person_named()
    {
        var fault = Assert.Throws<InvalidDataException>(() => new Tokens(FilePath, clock, NullLogger<Tokens>.Instance, mustBe: true));
        Assert.Contains($"trafficctl token create NAME --file {FilePath}", fault.Message, StringComparison.Ordinal);

        TokenListFile.Write(FilePath, []);
        using var empty = new Tokens(FilePath, clock, NullLogger<Tokens>.Instance, mustBe: true);
        Assert.True(empty.AreNeeded);
    }

    [Fact]
    public async Task A_first_file_that_cannot_be_read_opens_the_door_to_nobody()
    {
        using var tokens = Open();
        await tokens.StartAsync(default);
        Assert.False(tokens.AreNeeded);
        await File.WriteAllTextAsync(FilePath, "garbage");
        await UntilAsync(() => tokens.AreNeeded, "who has no token is refused");

        File.Delete(FilePath);
        var text = Add("ci");
        await UntilAsync(() => tokens.Verify(text).Identity is not null, "the file that is in order is in force");
        Assert.True(tokens.AreNeeded);
        await tokens.StopAsync(default);
    }

    [Fact]
    public async Task Who_was_verified_is_so_no_longer_when_the_token_means_less()
    {
        var text = Add("ci");
        using var tokens = Open();
        var before = tokens.Verify(text).Identity!;
        await tokens.StartAsync(default);
        Assert.True(before.IsStillGood());
        TokenListFile.Write(
            FilePath, [.. TokenListFile.Read(FilePath).Select(static t => t with { Grants = [new Grant(Role.Operator, "search")] })]);
        await UntilAsync(() => !before.IsStillGood(), "the grants of before are gone");
        Assert.True(tokens.Verify(text).Identity!.IsStillGood());
        await tokens.StopAsync(default);
    }

    [Fact]
    public void Starts_without_a_file_as_without_tokens()
    {
        using var tokens = Open();
        Assert.False(tokens.AreNeeded);
    }

    public void Dispose() => directory.Dispose();

    private string Add(string name, DateTimeOffset? expiresAt = null)
    {
        var (kept, text) = Token.Make(name, new Grant(Role.Operator), Now, expiresAt);
        TokenListFile.Write(FilePath, TokenListFile.Read(FilePath).Add(kept));
        return text;
    }

    private Tokens Open() => new(FilePath, clock, NullLogger<Tokens>.Instance);

    private Task UntilAsync(Func<bool> condition, string what) => Eventually.TrueAsync(
        () =>
        {
            clock.Advance(TimeSpan.FromSeconds(1));
            return condition();
        },
        what);
}
