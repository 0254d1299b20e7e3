import { type Fields, textAt } from "./fields";
import { arnAt, type Operations } from "./need";

/** https://docs.aws.amazon.com/servicequotas/latest/userguide/identity-access-management.html */
export const SERVICE_QUOTAS: Operations<Fields> = {
  ListServiceQuotas: () => [{ action: "servicequotas:ListServiceQuotas", resource: "*" }],
  GetServiceQuota: (fields, place) => [
    {
      action: "servicequotas:GetServiceQuota",
      resource: arnAt(
        place,
        "servicequotas",
        `${textAt(fields, "ServiceCode")}/${textAt(fields, "QuotaCode")}`,
      ),
    },
  ],
};
