using System.Diagnostics;
using TrafficCtl.Cli.Demo.Upstreams;
using TrafficCtl.Cli.Invocation;
using TrafficCtl.Cli.Printing;

namespace TrafficCtl.Cli.Demo.Load;

/// <summary>This executable run again as one part of the demonstration. It lives no longer than its stdin is open.</summary>
internal sealed class Child : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(3);

    private readonly Process process;

    private Child(Process process) => this.process = process;

    public TextReader Output => process.StandardOutput;

    public bool HasExited => process.HasExited;

    /// <summary>The hidden command of these arguments; null when they are a person's.</summary>
    public static async Task<int?> RunAsync(string[] arguments)
    {
        if (arguments is [VersionProcess.Name, ..]) return await VersionProcess.RunAsync(arguments[1..], TimeProvider.System);
        if (arguments is not [UpstreamProcess.Name or LoadProcess.Name, ..]) return null;

        // Ctrl-C reaches the whole foreground group; the demonstration itself ends its parts, by closing stdin.
        using var interrupt = System.Runtime.InteropServices.PosixSignalRegistration.Create(
            System.Runtime.InteropServices.PosixSignal.SIGINT, static context => context.Cancel = true);
        return arguments[0] == UpstreamProcess.Name
            ? await UpstreamProcess.RunAsync(arguments[1..], TimeProvider.System, Console.In, Console.Out)
            : await LoadProcess.RunAsync(arguments[1..], TimeProvider.System, Console.In, Console.Out);
    }

    /// <summary>This executable with arguments, as words of a command.</summary>
    public static IEnumerable<string> Words(params IEnumerable<string> arguments)
    {
        var (program, prefix) = Program();
        return [program, .. prefix, .. arguments];
    }

    public static Child Start(params string[] arguments)
    {
        var start = new ProcessStartInfo { RedirectStandardInput = true, RedirectStandardOutput = true, UseShellExecute = false };
        var (program, prefix) = Program();
        start.FileName = program;
        foreach (var argument in prefix.Concat(arguments)) start.ArgumentList.Add(argument);

        // Few and short pauses: what a version's tail shows is to be its own.
        start.Environment["DOTNET_gcServer"] = "0";
        start.Environment["DOTNET_GCgen0size"] = "0x4000000";
        start.Environment["DOTNET_TieredPGO"] = "0";
        return new Child(Process.Start(start) ?? throw new Failure("cannot start", program, "check that it may be executed"));
    }

    /// <summary>An upstream and the address it chose.</summary>
    public static async Task<(Child Child, Uri Address)> StartUpstreamAsync(string version, UpstreamFaults faults, CancellationToken stop)
    {
        var child = Start([UpstreamProcess.Name, version, .. faults.ToArguments()]);
        try
        {
            var line = await child.Output.ReadLineAsync(stop);
            if (line?.Split(' ') is not ["listening", var port])
                throw new Failure("did not start", $"upstream {version}", "its own message is above");
            return (child, new Uri($"http://127.0.0.1:{port}"));
        }
        catch
        {
            await child.DisposeAsync();
            throw;
        }
    }

    public async Task OrderAsync(string order, CancellationToken stop)
    {
        await process.StandardInput.WriteLineAsync(order.AsMemory(), stop);
        await process.StandardInput.FlushAsync(stop);
    }

    /// <summary>As a crash would end it.</summary>
    public void Kill() => process.Kill(entireProcessTree: true);

    /// <summary>Asks it to end; it says its last words on <see cref="Output"/>.</summary>
    public void Close() => process.StandardInput.Close();

    public async ValueTask DisposeAsync()
    {
        try
        {
            Close();
            // A real process is waited for, in real time.
            using var patience = new CancellationTokenSource(Patience, TimeProvider.System);
            await process.WaitForExitAsync(patience.Token);
        }
        catch (Exception fault) when (fault is OperationCanceledException or IOException)
        {
            Kill();
            await process.WaitForExitAsync(CancellationToken.None);
        }

        process.Dispose();
    }

    /// <summary>Also right when the tests or <c>dotnet trafficctl.dll</c> run this code.</summary>
    private static (string Program, string[] Prefix) Program()
    {
        var assembly = Path.Combine(AppContext.BaseDirectory, $"{Product.Name}.dll");
        var isOurs = Path.GetFileNameWithoutExtension(Environment.ProcessPath) == Product.Name;
        if (isOurs || !File.Exists(assembly)) return (Environment.ProcessPath!, []);
        var host = Path.GetFileNameWithoutExtension(Environment.ProcessPath) == "dotnet" ? Environment.ProcessPath! : "dotnet";
        return (host, ["exec", assembly]);
    }
}
