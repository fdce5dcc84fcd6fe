using System.Diagnostics;

namespace TrafficCtl.Kubernetes.Tests.Deploy;

/// <summary>A program that may be on this machine.</summary>
internal static class Tool
{
    public static string? Find(string name) => (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator)
        .Select(folder => Path.Combine(folder, name)).FirstOrDefault(File.Exists);

    /// <exception cref="InvalidOperationException">It failed; with what it said.</exception>
    public static async Task<string> RunAsync(string program, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments)
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
        })
            ?? throw new InvalidOperationException($"{program} does not start");
        var (said, complained) = (process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
        await process.WaitForExitAsync();
        return process.ExitCode == 0
            ? await said
            : throw new InvalidOperationException($"{program} {string.Join(' ', arguments)}: {await complained}{await said}");
    }
}
