using System.Text.Json.Nodes;
using TrafficCtl.Control.Ports;
using TrafficCtl.Core.Rollouts;
using TrafficCtl.Core.Targets;
using TrafficCtl.Kubernetes.Storage;
using Xunit;
using static TrafficCtl.TestKit.Contracts.Examples;

namespace TrafficCtl.Kubernetes.Tests.GitOps;

/// <summary>The table of docs/gitops.md: what Flux and Argo CD make of a Delivery in every phase.</summary>
public sealed class HealthTests
{
    private static readonly TargetKey Key = new("shop.checkout", "default");

    private static readonly Phase At0 = new Phase.Observing(0, At, At);

    public static TheoryData<string, string, string> Phases => new()
    {
        { "Idle", "Current", "Healthy" },
        { "Waiting", "InProgress", "Progressing" },
        { "Shifting", "InProgress", "Progressing" },
        { "Observing", "InProgress", "Progressing" },
        { "Baking", "InProgress", "Progressing" },
        { "Good", "Current", "Healthy" },
        { "Paused", "Failed", "Suspended" },
        { "RollingBack", "InProgress", "Progressing" },
        { "RolledBack", "Failed", "Degraded" },
        { "Superseded", "Failed", "Degraded" },
        { "Aborted", "Failed", "Degraded" },
    };

    [Theory]
    [MemberData(nameof(Phases))]
    public void Each_phase_has_a_health(string phase, string kstatus, string argo)
    {
        var delivery = Delivery(phase);
        Assert.Equal((kstatus, argo), (Kstatus.Of(delivery), ArgoHealth.Of(delivery).Status));
    }

    [Fact]
    public void The_table_has_every_phase() => Assert.Equal(
        typeof(Phase)
            .GetNestedTypes()
            .Where(t => t.IsSubclassOf(typeof(Phase)))
            .Select(t => t.Name)
            .Append("Idle")
            .Order(StringComparer.Ordinal),
        Phases.Select(p => p.Data.Item1).Order(StringComparer.Ordinal));

    [Theory]
    [InlineData("RolledBack")]
    [InlineData("Aborted")]
    [InlineData("Superseded")]
    public void A_version_that_was_taken_back_is_good_again_once_Git_has_reverted_it(string phase)
    {
        var delivery = Delivery(phase);
        Set(delivery, Conditions.Rejected, true, "GitStillWants", "v2 was rolled back; git revert it");
        Assert.Equal(("Failed", ("Degraded", "v2 was rolled back; git revert it")), (Kstatus.Of(delivery), ArgoHealth.Of(delivery)));
        Set(delivery, Conditions.Rejected, false, "Withdrawn", "");
        Assert.Equal(("Current", ("Healthy", "v1 is stable")), (Kstatus.Of(delivery), ArgoHealth.Of(delivery)));
    }

    [Theory]
    [InlineData("Accepted", "Invalid", "Failed", "Degraded")]
    [InlineData("Serving", "ChangedInPlace", "Failed", "Degraded")]
    [InlineData("Serving", "NoEndpoints", "InProgress", "Degraded")]
    public void What_is_wrong_without_a_rollout_shows(string condition, string reason, string kstatus, string argo)
    {
        var delivery = Delivery("Good");
        Set(delivery, condition, false, reason, "look here");
        Assert.Equal((kstatus, (argo, "look here")), (Kstatus.Of(delivery), ArgoHealth.Of(delivery)));
    }

    [Fact]
    public void An_edit_that_the_controller_has_not_looked_at_is_in_progress()
    {
        var delivery = Delivery("Good");
        delivery["metadata"]!["generation"] = 4;
        Assert.Equal(("InProgress", "Progressing"), (Kstatus.Of(delivery), ArgoHealth.Of(delivery).Status));
        Assert.Equal("Progressing", ArgoHealth.Of(new JsonObject { ["metadata"] = new JsonObject { ["generation"] = 1 } }).Status);
    }

    [Fact]
    public void One_that_never_served_is_in_progress_and_failed_when_it_is_declared_wrongly()
    {
        var delivery = new JsonObject
        {
            ["metadata"] = new JsonObject { ["generation"] = 3 },
            ["status"] = new JsonObject { ["observedGeneration"] = 3 },
        };
        Set(delivery, "Accepted", true, "Valid", "");
        Assert.Equal(("InProgress", "Progressing"), (Kstatus.Of(delivery), ArgoHealth.Of(delivery).Status));
        Set(delivery, "Accepted", false, "Invalid", "route is missing");
        Assert.Equal(("Failed", ("Degraded", "route is missing")), (Kstatus.Of(delivery), ArgoHealth.Of(delivery)));
    }

    private static JsonObject Delivery(string phase)
    {
        var newest = PhaseOf(phase) is { } at ? State(1, 1, at, Key) : null;
        var isActive = newest is { Phase.IsFinal: false };
        var state = new DeliveryState(Key)
        {
            Record = Birth(Key).Record with { Active = isActive ? newest : null },
            Ended = isActive ? null : newest,
        };
        var status = new JsonObject();
        Shown.Delivery(status, state, newest?.Id, 3, At);
        return new JsonObject { ["metadata"] = new JsonObject { ["generation"] = 3 }, ["status"] = status };
    }

    private static void Set(JsonObject delivery, string condition, bool isTrue, string reason, string message)
    {
        var status = delivery["status"]!.AsObject();
        Conditions.Set(status, condition, isTrue, reason, message, 3, At);
        Shown.Standing(status, 3, At);
    }

    private static Phase? PhaseOf(string name) => name switch
    {
        "Idle" => null,
        "Waiting" => new Phase.Waiting("a probe"),
        "Shifting" => new Phase.Shifting(0),
        "Observing" => At0,
        "Baking" => new Phase.Baking(At),
        "Good" => new Phase.Good(),
        "Paused" => new Phase.Paused(At0, PauseCause.Person, "lunch", At),
        "RollingBack" => new Phase.RollingBack(RollbackCause.Verdict, "worse"),
        "RolledBack" => new Phase.RolledBack(RollbackCause.Verdict, "worse"),
        "Superseded" => new Phase.Superseded("v3"),
        "Aborted" => new Phase.Aborted("500s"),
        _ => throw new ArgumentOutOfRangeException(nameof(name), name, null),
    };
}
