using System.Diagnostics;
using System.Text;

namespace TrafficCtl.Cli.Tests.Durability;

/// <summary>One run of the real program as a process: what it printed, signals, and how it ended.</summary>
internal sealed class RealProgram : IDisposable
{
    private readonly Process process;
    private readonly StringBuilder said = new();

    private RealProgram(Process process) => this.process = process;

    /// <summary>Everything on both streams so far.</summary>
    public string Said
    {
        get
        {
            lock (said) return said.ToString();
        }
    }

    public StreamWriter Input => process.StandardInput;

    public static string Executable => Path.Combine(AppContext.BaseDirectory, "trafficctl");

    public static RealProgram Start(params string[] args) => StartOther(Executable, args);

    /// <param name="script">Replaces its shell by the program (<c>exec</c>), with other streams than this class would give it.</param>
    public static RealProgram StartBy(string script) => StartOther("sh", "-c", script);

    private static RealProgram StartOther(string file, params string[] args)
    {
        var start = new ProcessStartInfo(file, args)
        {
            UseShellExecute = false,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        var program = new RealProgram(new Process { StartInfo = start });
        program.process.OutputDataReceived += (_, line) => program.Keep(line.Data);
        program.process.ErrorDataReceived += (_, line) => program.Keep(line.Data);
        program.process.Start();
        program.process.BeginOutputReadLine();
        program.process.BeginErrorReadLine();
        return program;
    }

    /// <param name="name">Such as <c>TERM</c>.</param>
    public async Task SignalAsync(string name, CancellationToken stop)
    {
        using var kill = Process.Start("sh", ["-c", $"kill -{name} {process.Id}"]);
        await kill.WaitForExitAsync(stop);
    }

    /// <returns>The exit code.</returns>
    /// <exception cref="TimeoutException">It did not end.</exception>
    public async Task<int> EndAsync(TimeSpan within, CancellationToken stop)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(stop);
        limit.CancelAfter(within);
        try
        {
            await process.WaitForExitAsync(limit.Token);
            return process.ExitCode;
        }
        catch (OperationCanceledException late) when (!stop.IsCancellationRequested)
        {
            throw new TimeoutException($"It still runs after {within}:\n{Said}", late);
        }
    }

    public void Dispose()
    {
        if (!process.HasExited) process.Kill();
        process.Dispose();
    }

    private void Keep(string? line)
    {
        if (line is null) return;
        lock (said) said.AppendLine(line);
    }
}
