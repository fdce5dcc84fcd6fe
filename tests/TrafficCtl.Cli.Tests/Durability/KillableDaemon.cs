using System.Diagnostics;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using TrafficCtl.TestKit;

namespace TrafficCtl.Cli.Tests.Durability;

/// <summary>The real program on a real data directory; killed without a warning, started again on the same ports.</summary>
internal sealed class KillableDaemon(string folder, string deliveryFile, int adminPort, params string[] options) : IDisposable
{
    private readonly HttpClient admin =
        new() { BaseAddress = new Uri($"http://127.0.0.1:{adminPort}"), Timeout = TimeSpan.FromSeconds(10) };
    private readonly List<string> log = [];
    private Process? process;

    /// <summary>What it is started with besides this process' own environment.</summary>
    public IReadOnlyDictionary<string, string> Environment { get; init; } = new Dictionary<string, string>();

    public string Log
    {
        get
        {
            lock (log) return string.Join('\n', log);
        }
    }

    public int ProcessId => process!.Id;

    public string Data => Path.Combine(folder, "data");

    public string Admin => $"http://127.0.0.1:{adminPort}";

    public async Task StartAsync(CancellationToken stop) => await (await LaunchAsync(stop)).WaitAsync(TimeSpan.FromSeconds(60), stop);

    /// <summary>Starts it, and returns when the admin API answers.</summary>
    /// <returns>Ends when it is ready.</returns>
    public async Task<Task> LaunchAsync(CancellationToken stop)
    {
        var ready = Launch();
        await Eventually.TrueAsync(async () => ready.IsFaulted || await AnswersAsync(stop), "the admin API answers", seen: () => Log);
        return ready;
    }

    private async Task<bool> AnswersAsync(CancellationToken stop)
    {
        try
        {
            using var answer = await admin.GetAsync("/healthz", stop);
            return true;
        }
        catch (HttpRequestException)
        {
            return false;
        }
    }

    private Task Launch()
    {
        var start = new ProcessStartInfo(Path.Combine(AppContext.BaseDirectory, "trafficctl"))
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (var argument in (string[])["run", "-f", deliveryFile, "--data-dir", Data, "--admin", Admin, .. options])
            start.ArgumentList.Add(argument);
        foreach (var (name, value) in Environment) start.Environment[name] = value;
        var ready = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        process = new Process { StartInfo = start, EnableRaisingEvents = true };
        process.OutputDataReceived += (_, line) =>
        {
            Keep(line.Data);
            if (line.Data?.Contains("ready after", StringComparison.Ordinal) == true) ready.TrySetResult();
        };
        process.ErrorDataReceived += (_, line) => Keep(line.Data);
        process.Exited += (_, _) => ready.TrySetException(new InvalidOperationException($"the daemon ended:\n{Log}"));
        process.Start();
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        return ready.Task;
    }

    public async Task KillAsync(CancellationToken stop)
    {
        if (process is null) return;
        process.Kill();
        await process.WaitForExitAsync(stop);
        process.Dispose();
        process = null;
    }

    /// <summary>Asks it to end, as an init system does.</summary>
    /// <returns>Its exit code, once it has ended.</returns>
    public async Task<int> TerminateAsync(CancellationToken stop)
    {
        using (var kill = Process.Start("sh", ["-c", $"kill -TERM {process!.Id}"])) await kill.WaitForExitAsync(stop);
        await process.WaitForExitAsync(stop);
        return process.ExitCode;
    }

    /// <summary>Whether it wants requests to be sent to it.</summary>
    /// <param name="stop">Ends the wait.</param>
    /// <param name="probes">Where else than at the admin API that is asked.</param>
    public async Task<bool> IsReadyAsync(CancellationToken stop, Uri? probes = null)
    {
        using var answer = await admin.GetAsync(new Uri(probes ?? admin.BaseAddress!, "/readyz"), stop);
        return answer.IsSuccessStatusCode;
    }

    public async Task<JsonNode> StatusAsync(CancellationToken stop) => (await admin.GetFromJsonAsync<JsonNode>("/v1/services/shop", stop))!;

    /// <summary>All facts, oldest first.</summary>
    public async Task<JsonNode[]> FactsAsync(CancellationToken stop)
    {
        var history = await admin.GetFromJsonAsync<JsonNode>("/v1/services/shop/history?limit=1000", stop);
        return [.. history!["facts"]!.AsArray().Select(f => f!).Reverse()];
    }

    public async Task WishAsync(string kind, CancellationToken stop)
    {
        using var answer = await admin.PostAsJsonAsync("/v1/services/shop/wishes", new { kind, who = "test", reason = "told to" }, stop);
        answer.EnsureSuccessStatusCode();
    }

    public void Dispose()
    {
        if (process is { HasExited: false }) process.Kill();
        process?.Dispose();
        admin.Dispose();
    }

    private void Keep(string? line)
    {
        if (line is null) return;
        lock (log) log.Add(line);
    }
}
