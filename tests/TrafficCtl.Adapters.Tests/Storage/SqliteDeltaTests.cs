using TrafficCtl.Control.Ports;
using TrafficCtl.TestKit;
using Xunit;
using static TrafficCtl.TestKit.Contracts.Examples;

namespace TrafficCtl.Adapters.Tests.Storage;

/// <summary>Whatever part of a write reached the disk, a difference is there with the ticks that it speaks of, or not at all.</summary>
public sealed class SqliteDeltaTests : IDisposable
{
    private const string Rollout = "shop-prod-1";
    private const int WalHeader = 32, FrameHeader = 24;

    private readonly TemporaryDirectory directory = new();

    public void Dispose() => directory.Dispose();

    [Fact]
    public async Task A_log_that_ends_at_any_frame_or_within_one_holds_a_difference_with_its_ticks()
    {
        using var store = TestStore.Open(directory.Database);
        await store.CommitAsync([Birth()], default);
        await store.CommitAsync([Start(0, 1, evidence: [0])], default);
        var none = File.ReadAllBytes(directory.Database + "-wal").Length;
        for (byte number = 1; number <= 40; number++) await store.CheckpointAsync([Delta(number)], default);
        await store.CheckpointAsync([new Checkpoint(Shop, Rollout, new byte[] { 100 })], default);

        var (file, log) = (File.ReadAllBytes(directory.Database), File.ReadAllBytes(directory.Database + "-wal"));
        var page = file[16] * 256 + file[17];
        var met = new HashSet<int>();
        for (var end = none; end <= log.Length; end += FrameHeader + page)
            foreach (var torn in (int[])[end, end - (page / 2)])
                met.Add(await NewestAsync(file, log[..Math.Max(WalHeader, torn)]));

        Assert.Superset(Enumerable.Range(1, 40).ToHashSet(), met);
    }

    /// <summary>Opens what a crash left.</summary>
    /// <returns>The number of the difference that is in it, 0 for none.</returns>
    private static async Task<int> NewestAsync(byte[] file, byte[] log)
    {
        using var crashed = new TemporaryDirectory();
        File.WriteAllBytes(crashed.Database, file);
        File.WriteAllBytes(crashed.Database + "-wal", log);
        using var store = TestStore.Open(crashed.Database);
        if (await store.LoadAsync(Shop, default) is not { Active: not null } record) return 0;
        var number = record.Delta.IsEmpty ? 0 : record.Delta.Span[0];
        var kept = await store.WindowsAsync(Rollout, 0, default);
        Assert.Equal(Enumerable.Range(1, number).Select(n => (byte)n), kept.Select(piece => piece.Span[0]));
        Assert.Equal(number, record.Recorded);
        return number;
    }

    private static Checkpoint Delta(byte number) => new(Shop, Rollout, new[] { number })
    {
        IsDelta = true,
        Windows = new RecordedWindows(number - 1, 1, At.AddSeconds(5 * number), At.AddSeconds(5 * number), new[] { number }),
    };
}
