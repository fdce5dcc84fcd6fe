using TrafficCtl.Core.Judging;
using TrafficCtl.Core.Rollouts;

namespace TrafficCtl.Simulator.Rules;

/// <summary>trafficctl itself: Core's engine and judge with their defaults; users are compared where they are known.</summary>
internal sealed class OurRule(string name, string about, Plan plan, Analysis analysis) : IRule
{
    public static readonly OurRule Default = new(
        "ours", "trafficctl: 5, 10, 25, 50, 95 % with an hour of holdback, then 100 %; the sequential judge", Plans.Default, Analysis.Default);

    public string Name => name;

    public string About => about;

    public IRuleRun Begin(RuleSetting setting) => new OurRun(
        plan, setting.KnowsUsers ? analysis with { Users = analysis.Users ?? new UserTolerance() } : analysis, setting.Past);
}
