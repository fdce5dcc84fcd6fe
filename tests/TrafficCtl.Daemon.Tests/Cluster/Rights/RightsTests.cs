using System.Collections.Immutable;
using TrafficCtl.Kubernetes.Roles;
using TrafficCtl.TestKit;
using Xunit;

namespace TrafficCtl.Daemon.Tests.Cluster.Rights;

/// <summary>
/// The roles grant what the controller calls, and nothing else: held against every call of runs that do all that it can do.
/// </summary>
public sealed class RightsTests
{
    private const string Home = "trafficctl-system";

    private static readonly CancellationToken Stop = TestContext.Current.CancellationToken;

    [Fact]
    public async Task Every_call_is_granted_and_every_grant_is_needed_by_one()
    {
        await using var cluster = await RightsCluster.StartAsync();
        await using (var controller = await cluster.ControlAsync("one", Home))
        {
            await cluster.BeginAsync(controller);
            await cluster.AskAsync(controller);
            await cluster.TouchAsync();
            await cluster.EndAsync(controller);
        }

        // Another takes over, whose roles are of one namespace.
        await using (var controller = await cluster.ControlAsync("two", Home, RightsShop.Namespace))
        {
            await cluster.BeginAgainAsync(controller);
            await cluster.EndAsync(controller, aborted: "declared");
            await cluster.TidyAsync();
            await cluster.LeaveAsync();
        }

        cluster.FreeLease(Home);
        var report = await (cluster.Uninstall(Home) with { Namespaces = [RightsShop.Namespace] }).RunAsync(static _ => { }, Stop);
        Assert.All(report.Services.Where(s => s.Service != "shop.copied"), s => Assert.True(s.Outcome == "restored", s.ToString()));
        Nothing("called outside of the namespaces that it may use", cluster.Kube.Calls
            .Where(c => c.Token != "one" && c.Namespace is not (Home or RightsShop.Namespace))
            .Select(c => c.ToString()));

        var asked = cluster.Asked.All.ToArray();
        Nothing("called and granted by no rule", asked.Where(c => !ApiAccess.Rules.Any(r => RightsAsked.IsAllowed(r, c, Home))).Select(
            c => c.ToString()));
        Nothing("granted and needed by no call: take it out of the roles", Grants()
            .Where(grant => !asked.Any(call => IsNeeded(grant, call)))
            .Select(Words));
    }

    private static void Nothing(string what, IEnumerable<string> those) =>
        Assert.True(!those.Any(), $"{what}:\n{string.Join('\n', those.Distinct(StringComparer.Ordinal))}");

    /// <summary>One verb each.</summary>
    private static IEnumerable<ApiRule> Grants() => ApiAccess.Rules.SelectMany(r => r.Verbs.Select(v => r with { Verbs = [v] }));

    /// <summary>Whether nothing else allows the call among what is granted together with it. The names of one kind are one grant.</summary>
    private static bool IsNeeded(ApiRule grant, KubeCall call) =>
        RightsAsked.IsAllowed(grant with { Name = null }, call, Home)
        && !Grants().Any(other => Beside(grant.Use).Contains(other.Use)
            && !IsSame(other, grant)
            && RightsAsked.IsAllowed(other, call, Home));

    private static bool IsSame(ApiRule a, ApiRule b) => Words(a) == Words(b);

    private static ImmutableArray<ApiUse> Beside(ApiUse use) => use switch
    {
        ApiUse.Always => [ApiUse.Always],
        ApiUse.ManagedSecrets => [.. Enum.GetValues<ApiUse>()],
        _ => [ApiUse.Always, use],
    };

    private static string Words(ApiRule grant) =>
        $"{grant.Use}: {grant.Verbs[0]} {grant.Resource}.{grant.Group}{(grant.IsOwnNamespace ? " in its own namespace" : "")}"
        + $"{(grant.Name is null ? "" : " by name")}";
}
