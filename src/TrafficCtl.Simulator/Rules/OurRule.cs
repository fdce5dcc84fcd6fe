using TrafficCtl.Core.Judging;
using TrafficCtl.Core.Rollouts;

namespace TrafficCtl.Simulator.Rules;

/// <summary>trafficctl itself: Core's engine and judge with their defaults; users are compared where they are known.</summary>
/// <param name="seesInstances">Stable is measured by instance, so that the A/A guard has its placebos.</param>
internal sealed class OurRule(string name, string about, Plan plan, Analysis analysis, bool seesInstances) : IRule
{
    public static readonly OurRule Default = new(
        "ours", "trafficctl: 5, 10, 25, 50, 95 % with an hour of holdback, then 100 %; the sequential judge, with stable measured by "
            + "instance", Plans.Default, Analysis.Default, seesInstances: true);

    /// <summary>As where a client's proxy or a gateway counts, or stable has no more instances than the candidate.</summary>
    public static readonly OurRule Plain = new(
        "ours-plain", "the same without measurements by instance", Plans.Default, Analysis.Default, seesInstances: false);

    public string Name => name;

    public string About => about;

    public IRuleRun Begin(RuleSetting setting) => new OurRun(
        plan, setting.KnowsUsers ? analysis with { Users = analysis.Users ?? new UserTolerance() } : analysis, setting, seesInstances);
}
