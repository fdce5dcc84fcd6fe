using System.Diagnostics;
using System.Reflection;
using System.Runtime.CompilerServices;
using TrafficCtl.Adapters.Tests.Storage;
using Xunit;

namespace TrafficCtl.Adapters.Tests;

/// <summary>This test program again as another process, playing one role: for locks, and for deaths at a bad moment.</summary>
internal sealed class ChildProcess : IDisposable
{
    private const string RoleVariable = "TRAFFICCTL_TEST_ROLE", PathVariable = "TRAFFICCTL_TEST_PATH";

    /// <summary>The role of <see cref="Runtimes.Workload"/>.</summary>
    public const string WorkloadRole = "serves";

    /// <summary>The role of <see cref="Runtimes.HostRole"/>.</summary>
    public const string HostRole = "hosts-processes";

    private readonly Process process;

    private ChildProcess(Process process) => this.process = process;

    public int Id => process.Id;

    /// <summary>For a script: the variables and the program of a role, after <c>env</c>.</summary>
    public static string AsRole(string role, string path) =>
        $"{RoleVariable}={role} {PathVariable}='{path}' '{Path.ChangeExtension(Assembly.GetExecutingAssembly().Location, null)}'";

    /// <summary>Starts the role and waits until it says that it stands.</summary>
    public static async Task<ChildProcess> StartAsync(string role, string path)
    {
        var start = new ProcessStartInfo(Path.ChangeExtension(Assembly.GetExecutingAssembly().Location, null))
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardInput = true,
            Environment = { [RoleVariable] = role, [PathVariable] = path },
        };
        var child = new ChildProcess(Process.Start(start)!);
        Assert.Equal("ready", await child.process.StandardOutput.ReadLineAsync());
        return child;
    }

    /// <summary>SIGKILL: nothing of the child's own runs any more.</summary>
    public async Task KillAsync()
    {
        process.Kill();
        await process.WaitForExitAsync();
    }

    public void Dispose()
    {
        if (!process.HasExited) process.Kill();
        process.WaitForExit();
        process.Dispose();
    }

    /// <summary>Runs before any test: with a role set, this process is a child and never becomes a test run.</summary>
    [ModuleInitializer]
    internal static void PlayRole()
    {
        if (Environment.GetEnvironmentVariable(RoleVariable) is not { } role) return;
        if (role == WorkloadRole) Runtimes.Workload.Serve(Environment.GetEnvironmentVariable(PathVariable)!);
        if (role == HostRole) Runtimes.HostRole.Run(Environment.GetEnvironmentVariable(PathVariable)!);
        using var stage = ChildRoles.Begin(role, Environment.GetEnvironmentVariable(PathVariable)!);
        Console.WriteLine("ready");
        Console.ReadLine();
        Environment.Exit(0);
    }
}
