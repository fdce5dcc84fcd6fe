using TrafficCtl.Core.Routing;
using TrafficCtl.Simulator.Services;
using Xunit;

namespace TrafficCtl.Simulator.Tests.Services;

public class ThrongTests
{
    [Fact]
    public void Users_come_for_sessions_and_make_the_asked_traffic()
    {
        var service = new Service(ScenarioCatalog.Find("null_sticky")!, 300, 5, 1200, 0);
        var (requests, sessions, failures) = (0L, 0L, 0L);
        for (var i = 0; i < 720; i++)
        {
            var tick = service.Next(Weights.OfCandidate(2500));
            requests += tick.Stable.Requests + tick.Candidate.Requests;
            failures += tick.Stable.Failures + tick.Candidate.Failures;
            if (i > 0) sessions += tick.StableFlow.Sessions + tick.CandidateFlow.Sessions;
            Assert.Equal(tick.StableUsers.Users, tick.StableUsers.Known);
        }

        Assert.InRange(requests / 3600.0, 290, 310);
        Assert.InRange(sessions / 3600.0, 9.6, 10.4); // 300 a second at 30 requests a session.
        Assert.InRange(failures / (double)requests, 0.0098, 0.0122); // 1 % always fail, of the others 0.1 %.
    }

    [Fact]
    public void Bad_users_fail_on_the_candidate_alone_and_three_times_at_most_in_the_capped_count()
    {
        var service = new Service(ScenarioCatalog.Find("users1%")!, 1000, 5, 1200, 0);
        var (stable, candidate, capped, broken, sessions, n) = (0.0, 0.0, 0L, 0L, 0L, 0.0);
        for (var i = 0; i < 720; i++)
        {
            var tick = service.Next(Weights.OfCandidate(5000));
            stable += tick.Stable.Failures / (double)tick.Stable.Requests / 720;
            candidate += tick.Candidate.Failures / (double)tick.Candidate.Requests / 720;
            capped += tick.Candidate.CappedFailures;
            broken += tick.CandidateFlow.Broken;
            sessions += tick.CandidateFlow.Sessions;
            n += tick.Candidate.Requests;
            Assert.Equal(0, tick.StableFlow.Broken);
        }

        Assert.InRange(stable, 0.0008, 0.0012);
        Assert.InRange(candidate, 0.0092, 0.0128);
        Assert.InRange(broken / (double)sessions, 0.008, 0.012);
        Assert.InRange(capped / n, 0.0016, 0.0024); // 0.1 % and three of each bad user's thirty: 0.1 % more.
        Assert.InRange(service.BadResponses / (n * 0.01), 0.95, 1.05);
    }

    [Fact]
    public void A_user_stays_on_the_candidate_when_its_share_grows()
    {
        var service = new Service(ScenarioCatalog.Find("users1%")!, 1000, 9, 1200, 0);
        for (var i = 0; i < 200; i++) service.Next(Weights.OfCandidate(1000));
        var before = service.Next(Weights.OfCandidate(1000)).CandidateUsers;
        var after = service.Next(Weights.OfCandidate(2500));
        Assert.InRange(after.CandidateUsers.Broken, before.Broken - 2, before.Broken + 5);
        // About a sixth of stable's users in session change over, 10,000 × 0.15, each seen there with the next request.
        var sessions = after.CandidateFlow.Sessions;
        for (var i = 0; i < 11; i++) sessions += service.Next(Weights.OfCandidate(2500)).CandidateFlow.Sessions;
        Assert.InRange(sessions - (60 * 1000 / 30 * 0.25), 1350, 1650);
        Assert.InRange(after.Candidate.Requests / 5000.0, 0.22, 0.28);
    }

    [Fact]
    public void The_users_of_a_busy_service_do_not_fit_the_table()
    {
        var service = new Service(ScenarioCatalog.Find("users1%")!, 5000, 9, 1200, 0);
        Assert.True(service.Next(Weights.OfCandidate(500)).StableUsers.IsFull);
        Assert.False(service.Next(Weights.OfCandidate(500)).CandidateUsers.IsFull);
    }
}
