using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Diagnostics;
using System.Globalization;
using TrafficCtl.Daemon.Access;

namespace TrafficCtl.ApiLoad.Serving;

/// <summary>A <see cref="ServedDaemon"/> in a process of its own, with two tokens.</summary>
internal sealed class ChildDaemon : IAsyncDisposable
{
    private readonly Process process;
    private readonly DirectoryInfo folder;
    private readonly ConcurrentQueue<string> faults = new();

    private ChildDaemon(Process process, DirectoryInfo folder, Uri admin, ImmutableArray<string> tokens) =>
        (this.process, this.folder, Admin, Tokens) = (process, folder, admin, tokens);

    public Uri Admin { get; }

    public ImmutableArray<string> Tokens { get; }

    /// <summary>What it logged as an error.</summary>
    public IReadOnlyCollection<string> Faults => faults;

    public bool IsAlive => !process.HasExited;

    public static async Task<ChildDaemon> StartAsync()
    {
        var place = Directory.CreateTempSubdirectory("trafficctl-api-");
        // Nobody listens there: versions come and go, and no traffic does.
        await File.WriteAllTextAsync(Path.Combine(place.FullName, ServedDaemon.File), """
            service: shop
            listen: http://127.0.0.1:0
            versions:
              v1: [http://127.0.0.1:1]
              v2: [http://127.0.0.1:2]
            stable: v1
            drain: { delay: 0s, max: 1s }

            """);
        var tokens = ImmutableArray.CreateBuilder<string>();
        var kept = ImmutableArray.CreateBuilder<Token>();
        foreach (var name in (string[])["one", "two"])
        {
            var (token, text) = Token.Make(name, new Grant(Role.Admin), TimeProvider.System.GetUtcNow(), null);
            kept.Add(token);
            tokens.Add(text);
        }

        TokenListFile.Write(Path.Combine(place.FullName, "data", TokenListFile.Name), kept.ToImmutable());
        var started = Process.Start(new ProcessStartInfo(Environment.ProcessPath!, ["serve", place.FullName])
        {
            UseShellExecute = false,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        var faultsBefore = new ConcurrentQueue<string>();
        ChildDaemon? child = null;
        started.ErrorDataReceived += (_, e) =>
        {
            if (e.Data is { } line && IsFault(line)) (child?.faults ?? faultsBefore).Enqueue(line);
        };
        started.BeginErrorReadLine();
        var admin = await started.StandardOutput.ReadLineAsync()
            ?? throw new InvalidOperationException($"the daemon did not start: {string.Join('\n', faultsBefore)}");
        return child = new ChildDaemon(started, place, new Uri(admin), tokens.ToImmutable());
    }

    /// <summary>Resident, and live after a collection. [bytes]</summary>
    public async Task<(long Resident, long Live)> MemoryAsync()
    {
        await process.StandardInput.WriteLineAsync("memory");
        var line = await process.StandardOutput.ReadLineAsync() ?? throw new InvalidOperationException("the daemon is gone");
        var numbers = line.Split(' ');
        return (long.Parse(numbers[0], CultureInfo.InvariantCulture), long.Parse(numbers[1], CultureInfo.InvariantCulture));
    }

    public async ValueTask DisposeAsync()
    {
        process.StandardInput.Close();
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        try
        {
            await process.WaitForExitAsync(patience.Token);
        }
        catch (OperationCanceledException)
        {
            process.Kill();
        }

        process.Dispose();
        folder.Delete(recursive: true);
    }

    /// <summary>A line of an error, an alarm, or of a runtime that crashes.</summary>
    private static bool IsFault(string line) =>
        line.Contains("Z error ", StringComparison.Ordinal) || line.Contains("Z ALARM ", StringComparison.Ordinal)
        || line.Contains("nhandled exception", StringComparison.Ordinal);
}
