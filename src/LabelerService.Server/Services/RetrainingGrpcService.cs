using System.Globalization;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using LabelerService.Contracts;
using LabelerService.Contracts.V1;
using LabelerService.Core.Errors;
using LabelerService.Server.Errors;
using LabelerService.Server.Mapping;
using LabelerService.Server.Paging;
using LabelerService.Server.Retraining;
using LabelerService.Server.Validation;
using LabelerService.Storage.Datasets;
using LabelerService.Storage.Retraining;

namespace LabelerService.Server.Services;

/// <summary><c>labeler.v1.RetrainingService</c>.</summary>
internal sealed class RetrainingGrpcService(
    RetrainingStore policies, PromotionStore promotions, DriftSearcher drift, DatasetResolver datasets, PretrainedCheck pretrained,
    PageTokens pages)
    : RetrainingService.RetrainingServiceBase
{
    private const int MaxLabelers = 1_000;

    public override async Task<RetrainingPolicy> CreateRetrainingPolicy(CreateRetrainingPolicyRequest request, ServerCallContext context)
    {
        var cancel = context.CancellationToken;
        var dataset = await datasets.ResolveAsync(request.Parent, "parent", cancel);
        var validator = new RequestValidator();
        var requestId = validator.RequestId(request.RequestId);
        validator.Require(ResourceName.IsId(request.RetrainingPolicyId), "retraining_policy_id", "must match [a-z0-9-]{1,63}");
        validator.Require(request.RetrainingPolicy is not null, "retraining_policy", "must be set");
        validator.ThrowIfInvalid();
        var spec = RetrainingRequests.Read(request.RetrainingPolicy!, dataset.Schema);
        await CheckPretrainedAsync(dataset, spec, cancel);
        request.RequestId = "";
        var record = await policies.CreateAsync(
            dataset, request.RetrainingPolicyId, spec, RequestIds.Identify(requestId, context.Method, request), cancel);
        return await ToResourceAsync(dataset, record, cancel);
    }

    public override async Task<RetrainingPolicy> GetRetrainingPolicy(GetRetrainingPolicyRequest request, ServerCallContext context)
    {
        var (dataset, record) = await FindAsync(request.Name, "name", context.CancellationToken);
        return await ToResourceAsync(dataset, record, context.CancellationToken);
    }

    public override async Task<ListRetrainingPoliciesResponse> ListRetrainingPolicies(ListRetrainingPoliciesRequest request, ServerCallContext context)
    {
        var size = PageTokens.Size(request.PageSize);
        var dataset = await datasets.ResolveAsync(request.Parent, "parent", context.CancellationToken);
        var scope = $"retrainingPolicies|{dataset.Uid}";
        var records = await policies.ListAsync(dataset, pages.Read(scope, request.PageToken), size + 1, context.CancellationToken);
        RetrainingPolicyRecord[] page = [.. records.Take(size)];
        var last = await promotions.LatestAsync(dataset, [.. page.Select(record => record.PolicyId)], context.CancellationToken);
        var response = new ListRetrainingPoliciesResponse();
        response.RetrainingPolicies.AddRange(page.Select(record => RetrainingMapping.ToResource(record, last.GetValueOrDefault(record.PolicyId))));
        if (records.Count > size)
        {
            response.NextPageToken = pages.Create(scope, records[size - 1].PolicyId);
        }

        return response;
    }

    public override async Task<RetrainingPolicy> UpdateRetrainingPolicy(UpdateRetrainingPolicyRequest request, ServerCallContext context)
    {
        var update = request.RetrainingPolicy ?? throw ServiceException.InvalidField("retraining_policy", "must be set");
        var (datasetId, policyId) = Names.RetrainingPolicy(update.Name, "retraining_policy.name");
        var dataset = await datasets.FindAsync(datasetId, "retraining_policy.name", context.CancellationToken);
        var fields = UpdateMask.Read(request.UpdateMask, RetrainingRequests.Changeable(update));
        var expected = Etag.Read(update.Etag, "retraining_policy.etag");
        if (fields.Overlaps(["algorithm", "settings", "warm_start"]))
        {
            var current = await policies.GetAsync(dataset, policyId, context.CancellationToken).NamedBy("retraining_policy.name");
            var changed = RetrainingRequests.Read(RetrainingRequests.Merge(RetrainingMapping.ToSettable(current.Spec), update, fields), dataset.Schema);
            await CheckPretrainedAsync(dataset, changed, context.CancellationToken);
        }

        var record = await policies.UpdateAsync(
            dataset, policyId,
            current => RetrainingRequests.Read(RetrainingRequests.Merge(RetrainingMapping.ToSettable(current), update, fields), dataset.Schema), expected,
            context.CancellationToken).NamedBy("retraining_policy.name").EtagNamedBy("retraining_policy.etag");
        return await ToResourceAsync(dataset, record, context.CancellationToken);
    }

    private Task CheckPretrainedAsync(DatasetRecord dataset, RetrainingSpec spec, CancellationToken cancel) =>
        pretrained.CheckAsync(dataset, spec.Algorithm, spec.Settings, spec.WarmStart, "retraining_policy", cancel);

    public override async Task<Empty> DeleteRetrainingPolicy(DeleteRetrainingPolicyRequest request, ServerCallContext context)
    {
        var (datasetId, policyId) = Names.RetrainingPolicy(request.Name, "name");
        var dataset = await datasets.FindAsync(datasetId, "name", context.CancellationToken);
        await policies.DeleteAsync(dataset, policyId, Etag.Read(request.Etag, "etag"), context.CancellationToken);
        return new Empty();
    }

    public override async Task<EvaluateRetrainingPolicyResponse> EvaluateRetrainingPolicy(
        EvaluateRetrainingPolicyRequest request, ServerCallContext context)
    {
        var (dataset, policy) = await FindAsync(request.Name, "name", context.CancellationToken);
        var findings = RetrainingRules.Evaluate(policy).ToList();
        var response = new EvaluateRetrainingPolicyResponse { HeldBackBy = RetrainingRules.HeldBackBy(policy) ?? "" };
        if (policy.Spec.Drift is not null)
        {
            var found = await drift.SearchAsync(dataset, policy, policy.DriftLooks + 1, context.CancellationToken);
            findings.Add(new RetrainingFinding(RetrainingTrigger.LabelerDrift, found.Alarm is not null, found.Alarm ?? found.Text));
            response.Labelers.AddRange(found.Labelers.Take(MaxLabelers).Select(ToLabeler));
        }

        response.Triggers.AddRange(findings.Select(RetrainingMapping.ToFinding));
        response.WouldStart = response.HeldBackBy.Length == 0 && findings.Exists(finding => finding.Fires);
        return response;
    }

    public override async Task<ListPromotionDecisionsResponse> ListPromotionDecisions(
        ListPromotionDecisionsRequest request, ServerCallContext context)
    {
        var size = PageTokens.Size(request.PageSize);
        var (dataset, policy) = await FindAsync(request.Parent, "parent", context.CancellationToken);
        var scope = $"promotionDecisions|{dataset.Uid}|{policy.Uid}";
        var before = pages.Read(scope, request.PageToken)?.Split('|');
        var records = await promotions.ListAsync(
            dataset, policy.PolicyId,
            before is [var ticks, var run] ? (new DateTimeOffset(long.Parse(ticks, CultureInfo.InvariantCulture), TimeSpan.Zero), run) : null, size + 1,
            context.CancellationToken);
        var response = new ListPromotionDecisionsResponse();
        response.PromotionDecisions.AddRange(records.Take(size).Select(RetrainingMapping.ToDecision));
        if (records.Count > size)
        {
            var last = records[size - 1];
            response.NextPageToken = pages.Create(scope, string.Create(CultureInfo.InvariantCulture, $"{last.CreateTime.UtcTicks}|{last.RunId}"));
        }

        return response;
    }

    private async Task<(DatasetRecord Dataset, RetrainingPolicyRecord Policy)> FindAsync(string name, string field, CancellationToken cancel)
    {
        var (datasetId, policyId) = Names.RetrainingPolicy(name, field);
        var dataset = await datasets.FindAsync(datasetId, field, cancel);
        return (dataset, await policies.GetAsync(dataset, policyId, cancel).NamedBy(field));
    }

    private async Task<RetrainingPolicy> ToResourceAsync(DatasetRecord dataset, RetrainingPolicyRecord record, CancellationToken cancel)
    {
        var last = await promotions.LatestAsync(dataset, [record.PolicyId], cancel);
        return RetrainingMapping.ToResource(record, last.GetValueOrDefault(record.PolicyId));
    }

    private static LabelerDriftFinding ToLabeler(Retraining.LabelerDrift found)
    {
        var finding = new LabelerDriftFinding
        {
            LabelerId = found.LabelerId,
            EarlierCount = found.Agreement.EarlierCount,
            EarlierAgreements = found.Agreement.EarlierAgreements,
            RecentCount = found.Agreement.RecentCount,
            RecentAgreements = found.Agreement.RecentAgreements,
            Alarm = found.Result.Alarm,
        };
        if (found.Result.PValue is { } p)
        {
            finding.PValue = p;
        }

        return finding;
    }
}
