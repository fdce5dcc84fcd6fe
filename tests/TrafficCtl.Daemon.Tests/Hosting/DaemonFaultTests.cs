using System.Net;
using System.Net.Sockets;
using TrafficCtl.Control.Ports;
using TrafficCtl.Core.Delivery;
using TrafficCtl.TestKit;
using Xunit;

namespace TrafficCtl.Daemon.Tests.Hosting;

/// <summary>Bad input and faults, as the whole daemon meets them.</summary>
public sealed class DaemonFaultTests
{
    private static readonly ServiceKey Shop = new("shop", ServiceSpec.DefaultEnvironment);

    [Fact]
    public async Task A_second_daemon_on_the_same_data_directory_is_refused_and_the_first_serves_on()
    {
        await using var daemon = await RealDaemon.PrepareAsync();
        await using var first = await daemon.StartAsync();
        Assert.Contains("in use by another trafficctl", Assert.Single(await daemon.RefusedAsync()), StringComparison.Ordinal);
        Assert.Equal("v1", await daemon.AskAsync(first));
    }

    [Fact]
    public async Task A_corrupt_database_loses_the_state_and_not_the_traffic()
    {
        await using var daemon = await RealDaemon.PrepareAsync();
        await using (var host = await daemon.StartAsync()) await host.StopAsync(default);
        foreach (var file in Directory.GetFiles(daemon.Data, "trafficctl.db*")) await File.WriteAllTextAsync(file, new string('x', 9000));
        daemon.Deliver("v2", "v1 v2");

        await using var again = await daemon.StartAsync();
        await Eventually.TrueAsync(() => again.Views.Find("shop")?.Record is not null, "the service is born again");
        Assert.Equal("v1", await daemon.AskAsync(again));
        Assert.Null(again.Views.Find("shop")!.Record!.Active);
        var lost = Assert.Single(await again.Store.FactsAsync(new FactQuery(Shop), default));
        Assert.Equal("state-lost", lost.Kind);
        Assert.Contains("v1 is stable as in its last route", lost.Text, StringComparison.Ordinal);
        Assert.Contains(Directory.GetFiles(daemon.Data, "*.corrupt-*"), aside => lost.Text.Contains(aside, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Without_store_and_snapshot_the_birth_stable_serves_and_nothing_else_starts()
    {
        await using var daemon = await RealDaemon.PrepareAsync();
        Directory.CreateDirectory(daemon.Data);
        await File.WriteAllTextAsync(Path.Combine(daemon.Data, "trafficctl.db"), new string('x', 9000));
        daemon.Deliver("v1", "v1 v2");
        await using var host = await daemon.StartAsync();
        await Eventually.TrueAsync(() => host.Views.Find("shop")?.Record is not null, "the service is born");
        Assert.Equal(("v1", null), (host.Views.Find("shop")!.Record!.LastGood, host.Views.Find("shop")!.Record!.Active));
        Assert.Contains("publish one", Assert.Single(await host.Store.FactsAsync(new FactQuery(Shop), default)).Text, StringComparison.Ordinal);
    }

    /// <summary>The kernel's own directories refuse writes also to root, whom file modes do not bind.</summary>
    [Fact]
    public async Task A_data_directory_that_cannot_be_written_is_refused_with_what_to_do()
    {
        await using var daemon = await RealDaemon.PrepareAsync();
        var problem = Assert.Single(await daemon.RefusedAsync(daemon.Options with { DataDirectory = "/proc/self/task" }));
        Assert.Contains("cannot be written", problem, StringComparison.Ordinal);
        Assert.Contains("--data-dir", problem, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_broken_file_of_cookie_keys_is_refused_with_what_to_do()
    {
        await using var daemon = await RealDaemon.PrepareAsync();
        Directory.CreateDirectory(daemon.Data);
        await File.WriteAllTextAsync(Path.Combine(daemon.Data, "cookie-keys.json"), "torn");
        Assert.Contains("Restore it, or delete it", Assert.Single(await daemon.RefusedAsync()), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_port_in_use_is_named_and_leaves_the_data_directory_free()
    {
        await using var daemon = await RealDaemon.PrepareAsync();
        using var other = new TcpListener(IPAddress.Loopback, 0);
        other.Start();
        var port = ((IPEndPoint)other.LocalEndpoint).Port;
        daemon.Deliver("v1", "v1", port);
        Assert.Contains($":{port}", Assert.Single(await daemon.RefusedAsync()), StringComparison.Ordinal);

        daemon.Deliver("v1", "v1");
        var admin = Assert.Single(await daemon.RefusedAsync(daemon.Options with { Admin = new Uri($"http://127.0.0.1:{port}") }));
        Assert.Contains($"the admin API cannot listen on 127.0.0.1:{port}", admin, StringComparison.Ordinal);

        await using var host = await daemon.StartAsync();
        Assert.Equal("v1", await daemon.AskAsync(host));
    }

    [Fact]
    public async Task A_reload_with_a_broken_file_keeps_the_last_good_one_in_force_and_says_so()
    {
        await using var daemon = await RealDaemon.PrepareAsync();
        await using var host = await daemon.StartAsync();
        await File.WriteAllTextAsync(daemon.DeliveryFile, "service: shop\nlisten: http://127.0.0.1:0\nversion:\n  v1: [5]\nstable: v1\n");
        var problems = await host.ReloadAsync(default);
        Assert.Contains(problems, p => p.Contains("shop.yaml:3", StringComparison.Ordinal) && p.Contains("versions", StringComparison.Ordinal));
        Assert.Equal("v1", await daemon.AskAsync(host));
        await Eventually.TrueAsync(() => host.Views.Find("shop")!.Warnings.Any(w => w.Contains("refused", StringComparison.Ordinal)), "the view warns");

        daemon.Deliver("v1", "v1 v2");
        Assert.Empty(await host.ReloadAsync(default));
        await Eventually.TrueAsync(() => host.Views.Find("shop")! is { Warnings.IsEmpty: true, Record.Active.Candidate: "v2" }, "the repaired file is in force");
    }

    [Fact]
    public async Task A_reload_onto_a_port_in_use_changes_nothing()
    {
        await using var daemon = await RealDaemon.PrepareAsync();
        await using var host = await daemon.StartAsync();
        using var other = new TcpListener(IPAddress.Loopback, 0);
        other.Start();
        daemon.Deliver("v2", "v2", ((IPEndPoint)other.LocalEndpoint).Port);
        Assert.NotEmpty(await host.ReloadAsync(default));
        Assert.Equal("v1", await daemon.AskAsync(host));
    }

    [Fact]
    public async Task A_drain_that_is_cut_short_still_ends_in_order()
    {
        await using var daemon = await RealDaemon.PrepareAsync();
        await using (var host = await daemon.StartAsync()) await host.StopAsync(new CancellationToken(canceled: true));
        await using var again = await daemon.StartAsync();
        Assert.Equal("v1", await daemon.AskAsync(again));
    }

    [Fact]
    public async Task A_start_with_bad_files_prints_every_problem_and_ends_with_1()
    {
        await using var daemon = await RealDaemon.PrepareAsync();
        await File.WriteAllTextAsync(daemon.DeliveryFile, "service: shop\nlisten: here\nstabel: v1\n");
        await using StringWriter output = new(), error = new();
        Assert.Equal(1, await DaemonHost.RunAsync(daemon.Options, output, error, default));
        Assert.Empty(output.ToString());
        Assert.True(error.ToString().Split('\n', StringSplitOptions.RemoveEmptyEntries).Length >= 3, error.ToString());
        Assert.False(Directory.Exists(daemon.Data));
    }
}
