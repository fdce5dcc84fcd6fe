using TrafficCtl.Core.Promotion.Bundles;
using TrafficCtl.Core.Promotion.Environments;

namespace TrafficCtl.Core.Promotion;

/// <summary>Why a bundle must not run in an environment, also where it runs already.</summary>
internal static class Withdrawals
{
    /// <summary>Null where it may.</summary>
    public static Block? Of(EnvironmentContext at, string hash) => Of(at, at.All.Find(hash));

    public static Block? Of(EnvironmentContext at, Placed placed)
    {
        var bundle = placed.Bundle;
        if (Vetoes.Of(at.Spec, at.All, at.Name, bundle.Hash, at.Now) is { } veto)
            return new(
                bundle, BlockKind.Veto, veto.Environment, veto.Stamp.Who, veto.Stamp.At, $"{bundle.Name} is vetoed: {veto.Stamp.Why}",
                $"unveto {bundle.Name} in {veto.Environment}, or publish a fixed version");
        var record = at.State.Of(bundle.Hash);
        if ((record.Failure ?? record.Abort) is { } end)
            return new(
                bundle, BlockKind.Failed, at.Name, end.Who, end.At, $"{bundle.Name} ended here: {end.Why}",
                $"order {bundle.Name} again, or publish a fixed version");
        foreach (var gate in record.RevokedGates)
            if (FindGate(at, gate) is { } revoked)
                return new(
                    bundle, BlockKind.Revoked, gate, revoked.Owner, record.Revocation?.At ?? at.Now,
                    $"the answer of {gate} for {bundle.Name} was revoked: {record.Revocation?.Why}", $"{gate} passes again");
        return EvidenceRules.Lost(at, placed) is { } loss
            ? new(
                bundle, BlockKind.Revoked, loss.Environment, loss.Who, loss.At,
                $"the evidence of {bundle.Name} in {loss.Environment} was taken back: {loss.Why}",
                $"{bundle.Name} becomes Good in {loss.Environment} again")
            : null;
    }

    private static EntryGate? FindGate(EnvironmentContext at, string id)
    {
        foreach (var gate in at.Environment.Needs)
            if (gate.Id == id) return gate;
        return null;
    }
}
