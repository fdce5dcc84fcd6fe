using System.Text.Json.Nodes;
using TrafficCtl.TestKit;
using Xunit;

namespace TrafficCtl.Cli.Tests.Durability;

/// <summary>
/// The real program, its real files, and whatever may be broken: <c>abort</c> takes the candidate to 0 and exits with 0, SIGKILL and a
/// restart keep it there, and the abort is in the journal once when the store is back.
/// </summary>
public sealed class AbortNeedsNothingTests
{
    private static readonly CancellationToken Stop = TestContext.Current.CancellationToken;

    [Fact]
    public async Task On_a_full_disk()
    {
        await using var shop = await AbortShop.OpenAsync(hasDisk: true);
        shop.Disk!.Fill();

        var (run, candidates) = await shop.AbortAsync();

        AssertAccepted(run);
        Assert.Contains("the disk is full", run.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("in memory only", run.Error, StringComparison.Ordinal);
        Assert.Equal(0, candidates);
        await shop.RestartAsync();
        Assert.Equal(0, await shop.CandidatesAsync());
        await AssertToldAsync(shop);

        shop.Disk.Free();
        await shop.AssertRecordedOnceAsync();
    }

    [Fact]
    public async Task With_a_store_that_is_read_only()
    {
        await using var shop = await AbortShop.OpenAsync();
        await shop.Daemon.KillAsync(Stop);
        Assert.SkipUnless(
            ReadOnlyFile.TrySet(shop.Database, true), "this file system has no immutable flag, and file modes do not bind root");
        await shop.Daemon.StartAsync(Stop);
        Assert.NotEqual(0, await shop.CandidatesAsync());

        var (run, candidates) = await shop.AbortAsync();

        AssertAccepted(run);
        Assert.Contains("is read-only", run.Error, StringComparison.Ordinal);
        Assert.Equal(0, candidates);
        await shop.RestartAsync();
        Assert.Equal(0, await shop.CandidatesAsync());
        await AssertToldAsync(shop);

        ReadOnlyFile.TrySet(shop.Database, false);
        await shop.AssertRecordedOnceAsync();
    }

    [Fact]
    public async Task With_a_data_directory_on_a_mount_that_became_read_only()
    {
        await using var shop = await AbortShop.OpenAsync(hasDisk: true);
        await shop.Daemon.KillAsync(Stop);
        Assert.True(shop.Disk!.TryMakeReadOnly(true));

        // What an earlier process held in memory only is not known: no candidate is served.
        await shop.Daemon.StartAsync(Stop);
        Assert.Equal(0, await shop.CandidatesAsync());
        Assert.Contains(
            "it is unknown whether the breaker or a person had stopped it", (await shop.CliAsync("status", "shop")).Out,
            StringComparison.Ordinal);
        var (run, candidates) = await shop.AbortAsync();

        AssertAccepted(run);
        Assert.Contains("latches hold in memory only and a restart would lose them", run.Error, StringComparison.Ordinal);
        Assert.Equal(0, candidates);
        await shop.RestartAsync();
        Assert.Equal(0, await shop.CandidatesAsync());

        Assert.True(shop.Disk.TryMakeReadOnly(false));
        await shop.UntilAsync(static s => s["unknown"] is null, "the store is read");
        Assert.Equal(0, await shop.CandidatesAsync());
    }

    [Fact]
    public async Task With_a_store_that_another_process_writes_for_ever()
    {
        Assert.SkipWhen(OperatingSystem.IsMacOS(), "locks of byte ranges are not there");
        await using var shop = await AbortShop.OpenAsync();
        using (var other = Lock($"{shop.Database}-shm", 120, 1))
        {
            var (run, candidates) = await shop.AbortAsync();

            AssertAccepted(run);
            Assert.Equal(0, candidates);
            await AssertToldAsync(shop);
        }

        await shop.AssertRecordedOnceAsync();
    }

    [Fact]
    public async Task With_a_record_that_cannot_be_read()
    {
        await using var shop = await AbortShop.OpenAsync();
        await shop.Daemon.TerminateAsync(Stop);
        shop.Patch("{\"id\":\"shop-default-1\"", "{\"id\";\"shop-default-1\"");
        await shop.Daemon.StartAsync(Stop);

        Assert.NotEqual(0, await shop.CandidatesAsync());
        var status = (await shop.CliAsync("status", "shop")).Out;
        Assert.Contains("33 %", status, StringComparison.Ordinal);
        Assert.Contains("v1 -> v2", status, StringComparison.Ordinal);
        Assert.Contains("record of shop@default cannot be read by this build", status, StringComparison.Ordinal);
        Assert.DoesNotContain("none", status, StringComparison.Ordinal);
        var why = (await shop.CliAsync("why", "shop")).Out;
        Assert.Contains("The router gives v2 33 % and v1 the rest", why, StringComparison.Ordinal);
        Assert.Contains("cannot be read by this build", why, StringComparison.Ordinal);
        Assert.DoesNotContain("no rollout", (await shop.CliAsync("status")).Out, StringComparison.Ordinal);

        var (run, candidates) = await shop.AbortAsync();

        AssertAccepted(run);
        Assert.Contains("the abort is recorded, and the rollout is not ended yet", run.Error, StringComparison.Ordinal);
        Assert.Equal(0, candidates);
        await shop.RestartAsync();
        Assert.Equal(0, await shop.CandidatesAsync());
        await AssertToldAsync(shop);

        await shop.Daemon.KillAsync(Stop);
        shop.Patch("{\"id\";\"shop-default-1\"", "{\"id\":\"shop-default-1\"");
        await shop.Daemon.StartAsync(Stop);
        await shop.AssertRecordedOnceAsync();
    }

    [Fact]
    public async Task Before_the_first_round()
    {
        Assert.SkipWhen(OperatingSystem.IsMacOS(), "locks of byte ranges are not there");
        await using var shop = await AbortShop.OpenAsync();
        await shop.Daemon.KillAsync(Stop);
        // The store is another process's alone: no round can read it.
        using (var other = Lock(shop.Database, 0x40000000, 512))
        {
            var ready = await shop.Daemon.LaunchAsync(Stop);
            Assert.NotEqual(0, await shop.CandidatesAsync());
            Assert.Equal("Unknown", (await shop.StatusAsync())["rollout"]!["phase"]!.GetValue<string>());

            var (run, candidates) = await shop.AbortAsync();

            AssertAccepted(run);
            Assert.Equal(0, candidates);
            await ready.WaitAsync(TimeSpan.FromMinutes(1), Stop);
            Assert.Equal(0, await shop.CandidatesAsync());
            await shop.RestartAsync();
            Assert.Equal(0, await shop.CandidatesAsync());
            await AssertToldAsync(shop);
        }

        await shop.AssertRecordedOnceAsync();
    }

    [Fact]
    public async Task A_kill_between_the_abort_and_its_record_loses_neither()
    {
        Assert.SkipWhen(OperatingSystem.IsMacOS(), "locks of byte ranges are not there");
        await using var shop = await AbortShop.OpenAsync();
        using (var other = Lock($"{shop.Database}-shm", 120, 1))
        {
            AssertAccepted((await shop.AbortAsync()).Run);
            await shop.Daemon.KillAsync(Stop);
        }

        // Killed again and again while it is recorded.
        for (var i = 0; i < 5; i++)
        {
            await shop.Daemon.LaunchAsync(Stop);
            Assert.Equal(0, await shop.CandidatesAsync());
            await shop.Daemon.KillAsync(Stop);
        }

        await shop.Daemon.StartAsync(Stop);
        await shop.AssertRecordedOnceAsync();
    }

    [Theory]
    [InlineData("")]
    [InlineData("null")]
    [InlineData("{\"version\":1,\"latches\":[null]}")]
    [InlineData(
        "{\"version\":1,\"latches\":[{\"service\":\"shop\",\"rolloutId\":\"shop-default-1\",\"generation\":9223372036854775807,\"at\":\"2026-01-01T00:00:00Z\",\"why\":\"\"}]}")]
    public async Task A_latch_that_cannot_be_understood_serves_no_candidate_until_a_person_decides(string content)
    {
        await using var shop = await AbortShop.OpenAsync();
        await shop.Daemon.KillAsync(Stop);
        await File.WriteAllTextAsync(Path.Combine(shop.Daemon.Data, "latch.json"), content, Stop);

        await shop.Daemon.StartAsync(Stop);

        Assert.Equal(0, await shop.CandidatesAsync());
        Assert.Contains("latch.json could not be understood", (await shop.CliAsync("status", "shop")).Out, StringComparison.Ordinal);
        await shop.RestartAsync();
        Assert.Equal(0, await shop.CandidatesAsync());

        Assert.Equal(0, (await shop.CliAsync("abort", "shop")).ExitCode);
        await shop.UntilAsync(static s => s["rollout"] is null, "it is over");
        Assert.Equal(0, (await shop.CliAsync("retry", "shop")).ExitCode);
        await using var shoppers = shop.Visit();
        await shop.UntilAsync(static s => s["serving"]!["effectiveWeight"]!.GetValue<int>() == 3300, "the next rollout gets its share");
    }

    private static void AssertAccepted(Run run)
    {
        Assert.Equal((0, "shop: v2 gets 0 % from now on, v1 serves everything\n"), (run.ExitCode, run.Out));
        Assert.StartsWith("trafficctl: warning: shop: the abort is ", run.Error, StringComparison.Ordinal);
    }

    /// <summary>What the router does now is what status, why and the views say.</summary>
    private static async Task AssertToldAsync(AbortShop shop)
    {
        var status = await shop.StatusAsync();
        Assert.Equal((0, 3300), (Number(status["serving"]!, "effectiveWeight"), Number(status["serving"]!, "weight")));
        Assert.Contains(
            "v2 gets 0 % by an abort that is not recorded yet (ana (unverified), ", status["serving"]!["withheld"]!.GetValue<string>(),
            StringComparison.Ordinal);
        Assert.Contains("by an abort that is not recorded yet", (await shop.CliAsync("status", "shop")).Out, StringComparison.Ordinal);
        Assert.Contains("0 % (33 % asked)", (await shop.CliAsync("status")).Out, StringComparison.Ordinal);
        Assert.Contains(
            "v2 gets 0 % by an abort that is not recorded yet", (await shop.CliAsync("why", "shop")).Out, StringComparison.Ordinal);
    }

    private static int Number(JsonNode of, string name) => of[name]!.GetValue<int>();

    /// <summary>A lock of SQLite's, as another process would hold it.</summary>
    private static FileStream Lock(string path, long from, long length)
    {
        var file = new FileStream(path, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite);
        if (!OperatingSystem.IsMacOS()) file.Lock(from, length);
        return file;
    }
}
