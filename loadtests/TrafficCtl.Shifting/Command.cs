using System.Diagnostics;

namespace TrafficCtl.Shifting;

/// <summary>A process of this measurement: started here and ended here.</summary>
internal sealed class Command : IDisposable
{
    private readonly Process process;
    private readonly StringWriter output = new();

    public Command(string file, params string[] arguments)
    {
        var start = new ProcessStartInfo(file) { UseShellExecute = false, RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var argument in arguments) start.ArgumentList.Add(argument);
        process = Process.Start(start) ?? throw new InvalidOperationException($"{file} did not start");
        process.OutputDataReceived += Keep;
        process.ErrorDataReceived += Keep;
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
    }

    public string Output
    {
        get
        {
            lock (output) return output.ToString();
        }
    }

    public int Id => process.Id;

    public static async Task<string> RunAsync(string file, params string[] arguments)
    {
        using var command = new Command(file, arguments);
        await command.EndAsync();
        return command.process.ExitCode == 0
            ? command.Output
            : throw new InvalidOperationException(
                $"{file} {string.Join(' ', arguments)} ended with {command.process.ExitCode}: {command.Output}");
    }

    public Task EndAsync() => process.WaitForExitAsync();

    public void Dispose()
    {
        if (!process.HasExited) process.Kill(entireProcessTree: true);
        process.Dispose();
    }

    private void Keep(object sender, DataReceivedEventArgs line)
    {
        lock (output) output.WriteLine(line.Data);
    }
}
