using System.Diagnostics;
using System.Globalization;
using System.Text;

namespace TrafficCtl.TestKit;

/// <summary>A Prometheus of this machine, with a directory of its own, that scrapes what it is told to.</summary>
public sealed class RealPrometheus : IAsyncDisposable
{
    private const string Binary = "prometheus";
    private static readonly TimeSpan ToStart = TimeSpan.FromSeconds(30);

    private readonly Process process;
    private readonly string folder;
    private readonly StringBuilder log;

    private RealPrometheus(Process process, string folder, Uri address, StringBuilder log) =>
        (this.process, this.folder, Address, this.log) = (process, folder, address, log);

    public Uri Address { get; }

    /// <summary>What it wrote so far.</summary>
    public string Log
    {
        get
        {
            lock (log) return log.ToString();
        }
    }

    /// <summary>Where its program is; null when this machine has none.</summary>
    public static string? Program { get; } = Find();

    /// <summary>Why tests that need it are skipped; null when there is one.</summary>
    public static string? Missing => Program is null ? "no prometheus on PATH: install Debian's package prometheus (.ci/run does)" : null;

    /// <param name="scrape">How often it scrapes, at least 1 s.</param>
    /// <param name="targets">Addresses of metrics pages; the path is /metrics where they have none.</param>
    public static async Task<RealPrometheus> StartAsync(TimeSpan scrape, params Uri[] targets)
    {
        var program = Program ?? throw new InvalidOperationException(Missing);
        var home = Directory.CreateTempSubdirectory("trafficctl-prometheus-").FullName;
        var port = FreePort.Take();
        var seconds = scrape.TotalSeconds.ToString(CultureInfo.InvariantCulture);
        var jobs = targets.Select((t, i) => $$"""
              - job_name: job{{i}}
                metrics_path: {{(t.AbsolutePath == "/" ? "/metrics" : t.AbsolutePath)}}
                static_configs: [{ targets: ["{{t.Authority}}"] }]
            """);
        await File.WriteAllTextAsync(Path.Combine(home, "prometheus.yml"), $$"""
            global: { scrape_interval: {{seconds}}s, scrape_timeout: {{seconds}}s }
            scrape_configs:
            {{string.Join('\n', jobs)}}
            """);
        var start = new ProcessStartInfo(program)
        {
            ArgumentList =
            {
                $"--config.file={Path.Combine(home, "prometheus.yml")}", $"--storage.tsdb.path={Path.Combine(home, "data")}",
                $"--web.listen-address=127.0.0.1:{port}", "--enable-feature=exemplar-storage",
            },
            WorkingDirectory = home,
            UseShellExecute = false,
            RedirectStandardError = true,
            RedirectStandardOutput = true,
        };
        var lines = new StringBuilder();
        var server = new Process { StartInfo = start };
        server.OutputDataReceived += (_, line) => Keep(lines, line.Data);
        server.ErrorDataReceived += (_, line) => Keep(lines, line.Data);
        server.Start();
        server.BeginOutputReadLine();
        server.BeginErrorReadLine();
        var made = new RealPrometheus(server, home, new Uri($"http://127.0.0.1:{port}"), lines);
        await made.ReadyAsync();
        return made;
    }

    public async ValueTask DisposeAsync()
    {
        if (!process.HasExited) process.Kill();
        await process.WaitForExitAsync();
        process.Dispose();
        Directory.Delete(folder, recursive: true);
    }

    private async Task ReadyAsync()
    {
        using var client = new HttpClient();
        try
        {
            await Eventually.TrueAsync(
                () => IsReadyAsync(client), "prometheus is ready", seen: () => Log,
                wrong: () => process.HasExited ? $"it ended: {Log}" : null, within: ToStart);
        }
        catch (Exception)
        {
            await DisposeAsync();
            throw;
        }
    }

    private async Task<bool> IsReadyAsync(HttpClient client)
    {
        try
        {
            using var answer = await client.GetAsync(new Uri(Address, "/-/ready"));
            return answer.IsSuccessStatusCode;
        }
        catch (HttpRequestException)
        {
            // It does not listen yet.
            return false;
        }
    }

    private static void Keep(StringBuilder log, string? line)
    {
        if (line is null) return;
        lock (log) log.AppendLine(line);
    }

    private static string? Find() => (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator)
        .Select(folder => Path.Combine(folder, Binary)).FirstOrDefault(File.Exists);
}
