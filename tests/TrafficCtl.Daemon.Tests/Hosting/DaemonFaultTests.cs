using System.Net;
using System.Net.Http.Json;
using System.Net.Sockets;
using System.Runtime.Versioning;
using TrafficCtl.Control.Ports;
using TrafficCtl.Core.Rollouts;
using TrafficCtl.Core.Services;
using TrafficCtl.Core.Targets;
using TrafficCtl.TestKit;
using Xunit;

namespace TrafficCtl.Daemon.Tests.Hosting;

/// <summary>Bad input and faults, as the whole daemon meets them.</summary>
public sealed class DaemonFaultTests
{
    private static readonly TargetKey Shop = new("shop", ServiceSpec.DefaultEnvironment);

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
        await Eventually.TrueAsync(() => again.Views.Find(Keys.Of("shop"))?.Record is not null, "the service is born again");
        Assert.Equal("v1", await daemon.AskAsync(again));
        Assert.Null(again.Views.Find(Keys.Of("shop"))!.Record!.Active);
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
        await Eventually.TrueAsync(() => host.Views.Find(Keys.Of("shop"))?.Record is not null, "the service is born");
        Assert.Equal(("v1", null), (host.Views.Find(Keys.Of("shop"))!.Record!.LastGood, host.Views.Find(Keys.Of("shop"))!.Record!.Active));
        Assert.Contains(
            "publish one", Assert.Single(await host.Store.FactsAsync(new FactQuery(Shop), default)).Text, StringComparison.Ordinal);
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
    public async Task A_broken_file_of_cookie_keys_costs_buckets_and_not_the_start()
    {
        await using var daemon = await RealDaemon.PrepareAsync();
        Directory.CreateDirectory(daemon.Data);
        await File.WriteAllTextAsync(Path.Combine(daemon.Data, "cookie-keys.json"), "");
        await using var host = await daemon.StartAsync();
        Assert.Equal("v1", await daemon.AskAsync(host));
        Assert.Single(Directory.GetFiles(daemon.Data, "cookie-keys.json.corrupt-*"));
    }

    [Fact]
    [UnsupportedOSPlatform("windows")]
    public async Task Shared_cookie_keys_that_cannot_be_used_refuse_the_start_with_what_to_do()
    {
        await using var daemon = await RealDaemon.PrepareAsync();
        var options = daemon.Options with { CookieKeys = daemon.DeliveryFile + ".keys" };
        var missing = Assert.Single(await daemon.RefusedAsync(options));
        await File.WriteAllTextAsync(options.CookieKeys, Convert.ToBase64String(new byte[32]));
        File.SetUnixFileMode(options.CookieKeys, UnixFileMode.UserRead | UnixFileMode.OtherRead);
        var open = Assert.Single(await daemon.RefusedAsync(options));
        File.SetUnixFileMode(options.CookieKeys, UnixFileMode.UserRead);

        await using var host = await DaemonHost.StartAsync(options, default);

        Assert.Equal("v1", await daemon.AskAsync(host));
        Assert.False(File.Exists(Path.Combine(daemon.Data, "cookie-keys.json")));
        Assert.Equal(
            $"the cookie keys cannot be used: {options.CookieKeys} is missing. Write one key a line, in base64 or hex, of at least 32 "
                + "bytes "
            + "(openssl rand -base64 32), into a file that its owner alone can read.", missing);
        Assert.Contains("every user of the machine (mode 0404): chmod 600 it, or 640.", open, StringComparison.Ordinal);
    }

    [Fact]
    [UnsupportedOSPlatform("windows")]
    public async Task A_file_of_cookie_keys_that_becomes_readable_by_all_is_a_warning_until_it_is_closed()
    {
        await using var daemon = await RealDaemon.PrepareAsync();
        var options = daemon.Options with { CookieKeys = daemon.DeliveryFile + ".keys" };
        await File.WriteAllTextAsync(options.CookieKeys, Convert.ToBase64String(new byte[32]));
        File.SetUnixFileMode(options.CookieKeys, UnixFileMode.UserRead);
        await using var host = await DaemonHost.StartAsync(options, default);

        File.SetUnixFileMode(options.CookieKeys, UnixFileMode.UserRead | UnixFileMode.OtherRead);
        await Eventually.TrueAsync(() => IsWarned(), "the open file is a warning");
        File.SetUnixFileMode(options.CookieKeys, UnixFileMode.UserRead);
        await Eventually.TrueAsync(() => !IsWarned(), "the warning is withdrawn");

        bool IsWarned() =>
            host.Views.Find(Keys.Of("shop"))!.Warnings.Any(w => w.EndsWith(" The former keys stay in force.", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_reload_that_finds_a_pipe_is_refused_and_holds_nobody_up()
    {
        await using var daemon = await RealDaemon.PrepareAsync();
        await using var host = await daemon.StartAsync();
        File.Delete(daemon.DeliveryFile);
        Fifo.Make(daemon.DeliveryFile);
        Assert.Contains(
            "is a pipe now, which is read at the start only", Assert.Single(await host.ReloadAsync(default)), StringComparison.Ordinal);
        Assert.Equal("v1", await daemon.AskAsync(host));
    }

    [Fact]
    public async Task A_start_that_waits_for_a_pipe_can_be_stopped()
    {
        await using var daemon = await RealDaemon.PrepareAsync();
        File.Delete(daemon.DeliveryFile);
        Fifo.Make(daemon.DeliveryFile);
        using var stop = new CancellationTokenSource();
        var starting = DaemonHost.StartAsync(daemon.Options, stop.Token);
        Assert.False(starting.IsCompleted);
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => starting);
    }

    [Theory]
    [InlineData("all")]
    [InlineData("lock")]
    [InlineData("store")]
    public async Task A_data_directory_that_goes_is_told_everywhere_and_nothing_is_acknowledged_that_it_cannot_keep(string what)
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "asks the kernel for inodes");
        await using var daemon = await RealDaemon.PrepareAsync();
        await using var host = await daemon.StartAsync();
        using var client = new HttpClient { BaseAddress = host.Admin };
        Assert.Equal("ready\n", await client.GetStringAsync("/readyz"));
        var gone = what switch
        {
            "all" => daemon.Data,
            "lock" => Path.Combine(daemon.Data, "lock"),
            _ =>
            Path.Combine(daemon.Data, "trafficctl.db")
        };
        Directory.Move(gone, gone + ".away");

        await Eventually.TrueAsync(() => !IsReady(client), "readiness is off");
        await Eventually.TrueAsync(
            () => host.Views.Find(Keys.Of("shop"))!.Warnings.Any(w => w.Contains(gone, StringComparison.Ordinal)), "the view warns");
        Assert.Contains("\ntrafficctl_store_intact 0\n", await client.GetStringAsync("/metrics"), StringComparison.Ordinal);
        Assert.Equal("v1", await daemon.AskAsync(host));
        using var answer = await client.PostAsJsonAsync("/v1/services/shop/wishes", new { kind = "pause", who = "ann" });
        Assert.Equal(what == "lock" ? HttpStatusCode.OK : HttpStatusCode.ServiceUnavailable, answer.StatusCode);

        Directory.Move(gone + ".away", gone);
        await Eventually.TrueAsync(() => IsReady(client), "it came back");
        await Eventually.TrueAsync(() => host.Views.Find(Keys.Of("shop"))!.Warnings.IsEmpty, "the view is quiet");
    }

    [Fact]
    public async Task A_store_that_is_gone_is_an_alarm_until_somebody_decides_and_no_restart_ends_it()
    {
        await using var daemon = await RealDaemon.PrepareAsync();
        await using (var host = await daemon.StartAsync()) await host.StopAsync(default);
        foreach (var name in (string[])["trafficctl.db", "snapshot.json"]) File.Delete(Path.Combine(daemon.Data, name));
        daemon.Deliver("v1", "v1 v2");

        for (var start = 0; start < 2; start++)
        {
            await using var lost = await daemon.StartAsync();
            using var client = new HttpClient { BaseAddress = lost.Admin };
            await Eventually.TrueAsync(() => lost.Views.Find(Keys.Of("shop"))?.StateLost is not null, "the alarm is raised");
            Assert.Null(lost.Views.Find(Keys.Of("shop"))!.Record!.Active);
            Assert.Contains(
                "is gone, though there was one", Assert.Single(lost.Views.Find(Keys.Of("shop"))!.Warnings), StringComparison.Ordinal);
            Assert.Contains("alarm: the state of a service was lost", await client.GetStringAsync("/readyz"), StringComparison.Ordinal);
            Assert.Contains(
                "trafficctl_state_lost{service=\"shop\",environment=\"default\",target=\"default\"} 1",
                await client.GetStringAsync("/metrics"), StringComparison.Ordinal);
            await lost.StopAsync(default);
        }

        await using var again = await daemon.StartAsync();
        var answer = await again.Wishes.MakeAsync(
            new Wish(0, Keys.Of("shop"), WishKind.Resume, null, "ann", "seen", "here", default), TimeSpan.FromMinutes(1), default);
        Assert.True(answer is { Accepted: true }, answer?.Answer);
        await Eventually.TrueAsync(
            () => again.Views.Find(Keys.Of("shop")) is { StateLost: null, Warnings.IsEmpty: true }, "the alarm is over");
    }

    private static bool IsReady(HttpClient client)
    {
        using var answer = client.GetAsync(new Uri("/readyz", UriKind.Relative)).GetAwaiter().GetResult();
        return answer.IsSuccessStatusCode;
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
        Assert.Contains(
            problems, p => p.Contains("shop.yaml:3", StringComparison.Ordinal) && p.Contains("versions", StringComparison.Ordinal));
        Assert.Equal("v1", await daemon.AskAsync(host));
        await Eventually.TrueAsync(
            () => host.Views.Find(Keys.Of("shop"))!.Warnings.Any(w => w.Contains("refused", StringComparison.Ordinal)), "the view warns");

        daemon.Deliver("v1", "v1 v2");
        Assert.Empty(await host.ReloadAsync(default));
        await Eventually.TrueAsync(
            () => host.Views.Find(Keys.Of("shop"))! is { Warnings.IsEmpty: true, Record.Active.Candidate: "v2" },
            "the repaired file is in force");
    }

    [Fact]
    public async Task A_reload_onto_a_port_in_use_changes_nothing()
    {
        await using var daemon = await RealDaemon.PrepareAsync();
        await using var host = await daemon.StartAsync();
        using var other = new TcpListener(IPAddress.Loopback, 0);
        other.Start();
        daemon.Deliver("v1", "v1", ((IPEndPoint)other.LocalEndpoint).Port);
        Assert.Contains("the port is in use", Assert.Single(await host.ReloadAsync(default)), StringComparison.Ordinal);
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
