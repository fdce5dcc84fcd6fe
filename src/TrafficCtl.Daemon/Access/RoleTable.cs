using System.Collections.Frozen;

namespace TrafficCtl.Daemon.Access;

/// <summary>Which role may do what: the only place that says it.</summary>
/// <remarks>
/// To stop is always safe, so everybody who may change anything may pause, abort, hold, veto and stop the line. What skips evidence, or
/// takes it back, is the approver's.
/// </remarks>
public static class RoleTable
{
    private static readonly FrozenDictionary<Act, FrozenSet<Role>> Allowed = new Dictionary<Act, Role[]>
    {
        [Act.Read] = [Role.Viewer, Role.Operator, Role.Approver, Role.Admin],
        [Act.Publish] = [Role.Operator, Role.Admin],
        [Act.Pause] = [Role.Operator, Role.Approver, Role.Admin],
        [Act.Resume] = [Role.Operator, Role.Admin],
        [Act.Promote] = [Role.Operator, Role.Admin],
        [Act.PromoteFull] = [Role.Approver, Role.Admin],
        [Act.Abort] = [Role.Operator, Role.Approver, Role.Admin],
        [Act.Retry] = [Role.Operator, Role.Admin],
        [Act.Approve] = [Role.Approver, Role.Admin],
        [Act.Reject] = [Role.Approver, Role.Admin],
        [Act.Pin] = [Role.Approver, Role.Admin],
        [Act.Unpin] = [Role.Operator, Role.Approver, Role.Admin],
        [Act.Hold] = [Role.Operator, Role.Approver, Role.Admin],
        [Act.Release] = [Role.Operator, Role.Admin],
        [Act.Veto] = [Role.Operator, Role.Approver, Role.Admin],
        [Act.Unveto] = [Role.Approver, Role.Admin],
        [Act.StopTheLine] = [Role.Operator, Role.Approver, Role.Admin],
        [Act.ReleaseTheLine] = [Role.Operator, Role.Admin],
        [Act.BreakGlass] = [Role.Approver, Role.Admin],
        [Act.LiftBreakGlass] = [Role.Operator, Role.Approver, Role.Admin],
        [Act.Revoke] = [Role.Approver, Role.Admin],
    }.ToFrozenDictionary(static row => row.Key, static row => row.Value.ToFrozenSet());

    public static bool Allows(Role role, Act act) => Allowed[act].Contains(role);

    /// <summary>The roles that may, for a person who may not.</summary>
    public static string Words(Act act) =>
        string.Join(" or ", Allowed[act].Order().Select(static role => role.ToString().ToLowerInvariant()));
}
