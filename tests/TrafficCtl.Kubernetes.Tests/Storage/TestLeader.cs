
namespace TrafficCtl.Kubernetes.Tests.Storage;

internal sealed class TestLeader(LeaderTerm? term = null) : ILeaderTerm
{
    public static readonly DateTimeOffset LeaseMadeAt = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    public LeaderTerm? Current { get; set; } = term ?? new LeaderTerm(LeaseMadeAt, 1);
}
