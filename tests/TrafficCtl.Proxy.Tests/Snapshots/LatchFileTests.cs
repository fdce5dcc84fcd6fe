using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Microsoft.Extensions.Logging;
using TrafficCtl.Core.Rollouts;
using TrafficCtl.Core.Routing;
using TrafficCtl.Core.Targets;
using TrafficCtl.Proxy.Snapshots;
using TrafficCtl.Proxy.Tests.Routing;
using TrafficCtl.TestKit;
using Xunit;

namespace TrafficCtl.Proxy.Tests.Snapshots;

/// <summary><c>latch.json</c> on a real disk: its space, its two slots, and whatever may stand in it.</summary>
public sealed class LatchFileTests : IDisposable
{
    private readonly Bench bench = new();

    public void Dispose() => bench.Dispose();

    [Fact]
    public void Has_its_space_from_the_start_and_never_grows_or_is_replaced()
    {
        using var same = new FileStream(bench.LatchFile, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        Assert.Equal(2 * LatchText.LeastSlot, same.Length);

        bench.Apply(Bench.Route(1, 500));
        bench.FailUntilTripped();

        using var reader = new StreamReader(same);
        Assert.Contains("checkout-default-1", reader.ReadToEnd(), StringComparison.Ordinal);
        Assert.Equal(2 * LatchText.LeastSlot, same.Length);
    }

    [Fact]
    public void Is_JSON_for_whoever_looks_into_it()
    {
        bench.Apply(Bench.Route(1, 500));
        bench.FailUntilTripped();

        using var json = JsonDocument.Parse(File.ReadAllBytes(bench.LatchFile));
        Assert.Equal(2, json.RootElement.GetArrayLength());
        foreach (var slot in json.RootElement.EnumerateArray())
            Assert.Equal("checkout-default-1", slot.GetProperty("latches")[0].GetProperty("rolloutId").GetString());
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public void Survives_a_write_that_was_cut_off_in_either_slot(int slot)
    {
        bench.Apply(Bench.Route(1, 500));
        bench.FailUntilTripped();
        Overwrite(slot * LatchText.LeastSlot, "[{\"sha256\":\"0000");

        bench.Restart();

        Assert.NotNull(bench.Observe().Trip);
        Assert.Empty(Aside());
        // Both are whole again.
        using var json = JsonDocument.Parse(File.ReadAllBytes(bench.LatchFile));
        Assert.Equal(2, json.RootElement.GetArrayLength());
    }

    [Fact]
    public void Takes_the_older_slot_when_the_newer_one_was_cut_off()
    {
        bench.Apply(Bench.Route(1, 500));
        bench.FailUntilTripped();
        var old = File.ReadAllBytes(bench.LatchFile);
        bench.Apply(ServiceRoute.Idle(Keys.Of(Bench.Service), 2, "v1"));
        var fresh = File.ReadAllBytes(bench.LatchFile);

        // The first slot is written first: cut off there, the second is as before.
        var torn = fresh.AsSpan(0, 100).ToArray().Concat(old.AsSpan(100).ToArray()).ToArray();
        Assert.Equal("checkout-default-1", Assert.Single(LatchText.Read(torn).Latches.Values).RolloutId);
        // Cut off in the second, the first is new.
        torn = [.. fresh.AsSpan(0, LatchText.LeastSlot + 100), .. old.AsSpan(LatchText.LeastSlot + 100)];
        Assert.Empty(LatchText.Read(torn).Latches);
    }

    [Fact]
    public void Every_cut_of_a_write_leaves_the_old_latches_or_the_new_ones()
    {
        bench.Apply(Bench.Route(1, 500));
        bench.FailUntilTripped();
        var old = File.ReadAllBytes(bench.LatchFile);
        bench.Apply(ServiceRoute.Idle(Keys.Of(Bench.Service), 2, "v1"));
        var fresh = File.ReadAllBytes(bench.LatchFile);

        for (var cut = 0; cut < 1000; cut++)
        {
            byte[] first = [.. fresh.AsSpan(0, cut), .. old.AsSpan(cut)];
            Assert.InRange(LatchText.Read(first).Latches.Count, 0, 1);
            byte[] second = [.. fresh.AsSpan(0, LatchText.LeastSlot + cut), .. old.AsSpan(LatchText.LeastSlot + cut)];
            Assert.Empty(LatchText.Read(second).Latches);
        }
    }

    [Theory]
    [InlineData("")]
    [InlineData("null")]
    [InlineData("[]")]
    [InlineData("{}")]
    [InlineData("[null,null]")]
    [InlineData("{\"version\":1,\"latches\":null}")]
    [InlineData("{\"version\":1,\"latches\":[null]}")]
    [InlineData("{\"version\":1,\"latches\":[{\"serv")]
    [InlineData("{\"version\":9,\"latches\":[]}")]
    [InlineData(
        "{\"version\":1,\"latches\":[{\"service\":null,\"rolloutId\":\"a\",\"generation\":1,\"at\":\"2026-01-01T00:00:00Z\",\"why\":\"\"}]}")]
    [InlineData(
        "{\"version\":1,\"latches\":[{\"service\":\"\",\"rolloutId\":\"a\",\"generation\":1,\"at\":\"2026-01-01T00:00:00Z\",\"why\":\"\"}]}")]
    [InlineData(
        "{\"version\":1,\"latches\":[{\"service\":\"a\",\"rolloutId\":\"a\",\"generation\":9223372036854775807,\"at\":\"2026-01-01T00:00:00Z\",\"why\":\"\"}]}")]
    [InlineData(
        "{\"version\":1,\"latches\":[{\"service\":\"a\",\"rolloutId\":\"a\",\"generation\":-9223372036854775808,\"at\":\"2026-01-01T00:00:00Z\",\"why\":\"\"}]}")]
    [InlineData(
        "{\"version\":1,\"latches\":[{\"service\":\"a\",\"rolloutId\":\"a\",\"generation\":1e30,\"at\":\"2026-01-01T00:00:00Z\",\"why\":\"\"}]}")]
    [InlineData("{\"version\":1,\"latches\":[{\"service\":\"a\",\"rolloutId\":\"a\",\"generation\":1,\"at\":\"tomorrow\",\"why\":\"\"}]}")]
    [InlineData(
        "{\"version\":1,\"latches\":[{\"service\":\"a\",\"rolloutId\":\"a\",\"generation\":1,\"at\":\"2026-01-01T00:00:00Z\",\"why\":\"\",\"cause\":\"Abort\"}]}")]
    [InlineData(
        "{\"version\":1,\"latches\":[{\"service\":\"a\",\"rolloutId\":\"a\",\"generation\":1,\"at\":\"2026-01-01T00:00:00Z\",\"why\":\"\",\"cause\":7}]}")]
    public void Moves_what_it_cannot_understand_aside_and_serves_no_candidate(string content)
    {
        bench.Apply(Bench.Route(1, 3300));
        File.WriteAllText(bench.LatchFile, content);

        bench.Restart();

        Assert.Equal(content, File.ReadAllText(Assert.Single(Aside())));
        Assert.Equal(Exposure.None, bench.Serving.Effective);
        Assert.Contains("latch.json could not be understood", bench.Observe().Withheld, StringComparison.Ordinal);
        Assert.Contains("Abort it and retry", bench.Observe().Withheld, StringComparison.Ordinal);
        Assert.Null(bench.Observe().Trip);
        Assert.Contains(bench.Log.Entries, e => e.Level == LogLevel.Error && e.Text.Contains(Aside().Single(), StringComparison.Ordinal));
    }

    [Fact]
    public void Random_bytes_serve_no_candidate()
    {
        bench.Apply(Bench.Route(1, 3300));
        var random = new Random(1);
        for (var i = 0; i < 40; i++)
        {
            var bytes = File.ReadAllBytes(bench.LatchFile);
            random.NextBytes(i % 2 == 0 ? bytes : bytes.AsSpan(0, 300));
            if (i % 2 == 1) bytes.AsSpan(0, 300).CopyTo(bytes.AsSpan(LatchText.LeastSlot));
            File.WriteAllBytes(bench.LatchFile, bytes);
            foreach (var aside in Aside()) File.Delete(aside);

            bench.Restart();

            Assert.Single(Aside());
            Assert.Equal(Exposure.None, bench.Serving.Effective);
        }
    }

    [Fact]
    public async Task Does_not_hang_on_a_pipe_in_its_place_and_serves_no_candidate()
    {
        bench.Apply(Bench.Route(1, 3300));
        File.Delete(bench.LatchFile);
        using (var made = System.Diagnostics.Process.Start("mkfifo", [bench.LatchFile])) await made.WaitForExitAsync();

        bench.Restart();

        Assert.Equal(Exposure.None, bench.Serving.Effective);
        Assert.Contains("is a pipe, not a file", bench.Observe().Withheld, StringComparison.Ordinal);
    }

    [Fact]
    public void What_nobody_knows_holds_the_rollout_over_restarts_until_another_one_begins()
    {
        bench.Apply(Bench.Route(1, 3300));
        File.WriteAllText(bench.LatchFile, "garbage");
        bench.Restart();
        bench.Apply(Bench.Route(2, 5000));
        Assert.Equal(Exposure.None, bench.Serving.Effective);
        bench.Restart();
        bench.Apply(Bench.Route(3, 9500));
        Assert.Equal(Exposure.None, bench.Serving.Effective);

        bench.Apply(Bench.Route(4, 500, "checkout-default-2"));
        Assert.Equal(500, bench.Serving.Effective.General.Candidate);
        bench.Restart();
        Assert.Equal(500, bench.Serving.Effective.General.Candidate);
    }

    [Fact]
    public void What_nobody_knows_holds_the_first_rollout_that_the_store_names_where_the_snapshot_is_gone_too()
    {
        bench.Apply(Bench.Route(1, 3300));
        File.WriteAllText(bench.LatchFile, "garbage");
        File.Delete(Path.Combine(bench.Directory, "snapshot.json"));
        bench.Restart();

        bench.Apply(Bench.Route(2, 5000));

        Assert.Equal(Exposure.None, bench.Serving.Effective);
    }

    [Fact]
    public void What_nobody_knows_is_over_when_the_store_knows_of_no_rollout()
    {
        bench.Apply(ServiceRoute.Idle(Keys.Of(Bench.Service), 1, "v1"));
        File.WriteAllText(bench.LatchFile, "garbage");
        bench.Restart();

        bench.Apply(ServiceRoute.Idle(Keys.Of(Bench.Service), 1, "v1"));
        bench.Apply(Bench.Route(2, 500));

        Assert.Equal(500, bench.Serving.Effective.General.Candidate);
    }

    [Fact]
    public void Reads_the_layout_before_this_one()
    {
        bench.Apply(Bench.Route(1, 3300));
        File.WriteAllText(bench.LatchFile, """
            {
              "version": 1,
              "latches": [
                { "service": "checkout", "rolloutId": "checkout-default-1", "generation": 1, "at": "2026-01-01T00:00:00+00:00", "why": "12 of 12 failed" }
              ]
            }
            """);

        bench.Restart();

        Assert.Equal("12 of 12 failed", bench.Observe().Trip!.Why);
        Assert.Empty(Aside());
        Assert.Equal(2 * LatchText.LeastSlot, new FileInfo(bench.LatchFile).Length);
        bench.Restart();
        Assert.Equal("12 of 12 failed", bench.Observe().Trip!.Why);
    }

    [Fact]
    public void Is_made_again_when_it_was_deleted()
    {
        bench.Apply(Bench.Route(1, 500));
        File.Delete(bench.LatchFile);

        bench.FailUntilTripped();

        Assert.Null(bench.Observe().Warning);
        bench.Restart();
        Assert.NotNull(bench.Observe().Trip);
    }

    [Fact]
    public async Task Has_room_for_an_abort_of_every_service_with_the_longest_reason()
    {
        bench.Router.Configure([.. Enumerable.Range(0, 40).Select(i => Bench.SpecOf("v1", "v2") with { Service = $"service-{i}" })]);
        var length = new FileInfo(bench.LatchFile).Length;
        for (var i = 0; i < 40; i++)
        {
            var wish = new Wish(
                0, Keys.Of($"service-{i}"), WishKind.Abort, null, new string('ü', 128), new string('字', 1024), "127.0.0.1",
                bench.Clock.GetUtcNow());
            Assert.Null((await bench.Router.AbortAsync(wish, default))!.Warning);
        }

        Assert.Equal(length, new FileInfo(bench.LatchFile).Length);
        Assert.Equal(40, LatchText.Read(File.ReadAllBytes(bench.LatchFile)).Latches.Count);
    }

    [Fact]
    public void A_checksum_covers_all_that_follows_it()
    {
        bench.Apply(Bench.Route(1, 500));
        bench.FailUntilTripped();
        var text = Encoding.UTF8.GetString(File.ReadAllBytes(bench.LatchFile).AsSpan(1, LatchText.LeastSlot - 2)).TrimEnd();
        var sum = text["{\"sha256\":\"".Length..][..64];
        Assert.Equal(sum, Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text[("{\"sha256\":\"".Length + 64)..]))));
    }

    private string[] Aside() => Directory.GetFiles(bench.Directory, "latch.json.corrupt-*");

    /// <summary>
    /// The disk may be full: the space of ten thousand latches is taken before the first one, and is less than a hundred megabytes.
    /// </summary>
    [Fact]
    public void A_slot_of_ten_thousand_services_has_room_for_a_latch_of_the_breaker_of_each()
    {
        const string why = "the candidate failed 123,456 of 1,234,567 requests, stable 1,234 of 12,345,678 requests; "
            + "evidence 123,456 of 10,000 against max(20 %, 3 × stable's rate)";
        var latches = Enumerable.Range(0, 10_000).Select(i => new Latch(
            new TargetKey($"a-service-with-a-name-{i:00000}", "production"), $"a-service-with-a-name-{i:00000}-production-12", 1_000,
            bench.Clock.GetUtcNow(), why));
        var slot = LatchText.SlotFor(10_000, 0);
        Assert.InRange(slot, 8_000_000, 12_000_000);
        Assert.NotNull(LatchText.Slot(latches, 1, slot, 0));
    }

    private void Overwrite(long offset, string text)
    {
        using var file = new FileStream(bench.LatchFile, FileMode.Open, FileAccess.Write);
        file.Position = offset;
        file.Write(Encoding.UTF8.GetBytes(text));
    }
}
